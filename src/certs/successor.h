// The certificate that follows another one: for the same names, purpose, kind of key and lifetime.
#pragma once

#include <chrono>
#include <optional>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "src/certs/authority.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

// The profile is what the old certificate says, so that a renewal never changes what it is for.
LeafRequest successor_of(const pki::Certificate& old, std::optional<std::chrono::milliseconds> life,
                         core::Instant now);

// Whether an authority of this directory, of today or of an earlier generation, issued it.
bool is_ours(const pki::Certificate& certificate, const Layout& layout);

}  // namespace wxsec::certs
