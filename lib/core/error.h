// What went wrong, told once, in the place that knows the object's name.
#pragma once

#include <string>
#include <string_view>

namespace wxsec::core {

// Decides: exit status, HTTP status, test expectation. Add a value only if some caller acts on it.
enum class Code {
  usage,            // the caller's words are off
  not_found,        // no such file, name, identity
  exists,           // it is there already and must not be overwritten
  permission,       // the operating system refused
  io,               // reading or writing failed
  malformed,        // the bytes are not what they claim to be
  too_large,        // over a named limit
  unsupported,      // well-formed, but we or this platform cannot do it
  crypto,           // OpenSSL refused: wrong passphrase, key mismatch, bad signature
  resolve,          // the host name has no address
  refused,          // nobody listens there, or the peer hung up before a word
  timeout,          // a deadline passed
  tls,              // the handshake failed; the text says which check
  protocol,         // the peer spoke, but not the protocol we expect
  denied,           // the peer said no: bad credentials, ACL, HTTP 401/403
  missing_program,  // an external program is not installed
  child_failed,     // an external program ran and failed
  busy,             // a lock, port or resource is held by somebody else
  not_authorised,   // no scope file covers the target; nothing was sent
  interrupted,      // SIGINT or SIGTERM
  internal,         // our bug
};

// The enumerator's own spelling, for JSON and logs.
std::string_view code_name(Code code);

struct Error {
  Code code = Code::internal;
  std::string what;  // lower case, no full stop: object, operation, cause
  std::string hint;  // one thing to do about it; may be empty
};

// "what" with `context: ` before it; code and hint stay.
Error with_context(Error error, std::string_view context);

}  // namespace wxsec::core
