// A whole set of certificates in one go: root and issuing authority, and identities for broker,
// API, operator, ingest and stations.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/passphrase.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/key.h"

namespace wxsec::certs {

// The domain that is used when none is given: reserved for tests by RFC 2606.
inline constexpr std::string_view kDefaultDomain = "wx.test";

struct InitOptions {
  core::Path dir = "certs";
  // What the authorities may sign for, besides localhost and loopback addresses: DNS domains, and
  // addresses or networks ("192.168.7.0/24"). The first DNS domain names the identities:
  // broker.DOMAIN, api.DOMAIN, station-0001.stations.DOMAIN. Empty: kDefaultDomain.
  std::vector<std::string> domains = {};
  unsigned stations = 3;
  std::optional<std::chrono::milliseconds> lifetime = {};     // of the leaves; else their profiles'
  std::optional<std::chrono::milliseconds> ca_lifetime = {};  // of both authorities
  std::optional<pki::KeyType> key = {};  // of all; else as each one's profile says
  std::string group = {};  // name or number; may read the keys of broker, API and ingest
  core::Passphrase ca_passphrase = {};  // not empty: the authorities' keys are encrypted with it
};

enum class Presence { created, kept, missing };

struct InitItem {
  std::string name = {};  // "broker"
  core::Path folder = {};
  Presence presence = Presence::created;
  pki::Certificate certificate = {};  // of the current generation
};

struct InitReport {
  core::Path dir = {};
  std::vector<std::string> domains = {};  // as constrained, the main one first
  std::vector<std::string> networks = {};
  std::vector<InitItem> items = {};
  // missing: the authority had a list once, and who was revoked cannot be told; nothing is made in
  // its place.
  Presence crl = Presence::created;
  std::size_t revoked = 0;  // entries of the lists in crl.pem
  // Leaves that would outlive their authority end with it, here.
  std::optional<core::Instant> shortened_to = {};
  std::vector<std::string> mended = {};  // what else was changed, a sentence each
  bool changed() const;
};

// Makes what is missing and keeps what is there: a second run changes nothing, one with more
// stations adds those. Never touches an existing key. Fails: usage (bad domain, unknown group, a
// domain that the existing authority may not sign for), permission, io, busy (another wxsec holds
// the directory), crypto (the authority's key is encrypted and the passphrase does not fit).
core::Result<InitReport> init(const InitOptions& options, const core::Clock& clock);

}  // namespace wxsec::certs
