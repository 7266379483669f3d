// How an item of a check report gets its words. For check*.cpp alone.
#pragma once

#include <string>
#include <vector>

#include "src/look/check.h"

namespace wxsec::certs {

void set_unreadable(CheckItem& item, const core::Error& error);
void set_broken(CheckItem& item, pki::Reason reason, std::string sentence, std::string hint);
// Expired or broken, by the verdict's reason.
void set_verdict(CheckItem& item, const pki::Verdict& verdict);

// Subject, serial and dates.
void describe(CheckItem& item, const pki::Certificate& leaf);
// Fine or due, with the time that is left: what ends first in the chain ends the leaf's usefulness.
void set_time_left(CheckItem& item, const std::vector<pki::Certificate>& chain,
                   const Threshold& within, core::Instant now);

// It is within its dates, and more cannot be said of it.
void set_dates_only(CheckItem& item);

// It is valid, and nobody here has a list that would say whether it was revoked.
void set_without_lists(CheckItem& item);

// A revocation list runs out as well, and brokers that use it then refuse everybody.
CheckItem crl_item(const std::string& target, const pki::Crl& list, const Threshold& within,
                   core::Instant now);

}  // namespace wxsec::certs
