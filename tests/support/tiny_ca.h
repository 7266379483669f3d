// A certificate authority for tests, in memory, with whatever is wrong made on purpose: each fault
// is one argument, all the rest is right.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/pki/issue.h"
#include "lib/tls/context.h"

namespace wxsec::test {

struct Leaf {
  std::string common_name = "localhost";
  std::vector<std::string> names = {"localhost", "127.0.0.1"};
  std::chrono::hours starts = std::chrono::hours(-1);  // from now
  std::chrono::hours ends = std::chrono::hours(24);
  bool server = true;
  bool client = false;
  pki::KeyType key = pki::KeyType::p256;
};

class TinyCa {
 public:
  explicit TinyCa(std::string name);

  // Chain and key, ready for a context. Every call makes a new key.
  tls::Identity issue(const Leaf& leaf) const;
  tls::Identity client(std::string common_name) const;  // a good one
  const std::string& pem() const { return pem_; }
  // A list that revokes these and is valid for a day.
  std::string crl(const std::vector<tls::Identity>& revoked) const;

 private:
  struct Authority {
    pki::Key key;
    pki::Certificate certificate;
  };
  static Authority make(const std::string& name);
  explicit TinyCa(Authority authority);

  std::string pem_;
  pki::Issuer issuer_;
};

// Writes NAME.pem (chain) and NAME-key.pem into `directory`; returns the path without suffix.
std::string write_identity(const core::Path& directory, const std::string& name,
                           const tls::Identity& identity);

}  // namespace wxsec::test
