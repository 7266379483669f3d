// A trust store, seen as a set of certificates. For trust.cpp alone.
#pragma once

#include <string>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "src/trust/trust.h"

namespace wxsec::certs {

// Debian's. Adding and removing need root: else permission, before anything is touched.
class SystemStore {
 public:
  static core::Path place();
  core::Result<TrustState> state(const pki::Certificate& authority) const;
  core::Result<void> add(const pki::Certificate& authority) const;
  core::Result<void> remove(const pki::Certificate& authority) const;
};

// One NSS database, through certutil.
class NssStore {
 public:
  NssStore(std::string browser, core::Path place)
      : browser_(std::move(browser)), place_(std::move(place)) {}
  const std::string& browser() const { return browser_; }
  const core::Path& place() const { return place_; }
  core::Result<TrustState> state(const pki::Certificate& authority) const;
  // Makes the database where there is none.
  core::Result<void> add(const pki::Certificate& authority) const;
  core::Result<void> remove(const pki::Certificate& authority) const;

 private:
  std::string browser_;
  core::Path place_;
};

// Chromium's (there or not) and those of the Firefox profiles below `home`, also in snap and
// flatpak.
std::vector<NssStore> nss_stores(const core::Path& home);

}  // namespace wxsec::certs
