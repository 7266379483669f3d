// Hand-made TLS records and hellos for tests.
#pragma once

#include <string>

#include "lib/wire/writer.h"

namespace wxsec::test {

inline std::string text_of(const wire::Writer& out) {
  return std::string(core::as_text(out.view()));
}

inline std::string tls_record(std::uint8_t type, const std::string& body) {
  wire::Writer out;
  out.u8(type);
  out.u16(0x0303);
  out.u16(static_cast<std::uint16_t>(body.size()));
  out.text(body);
  return text_of(out);
}

inline std::string handshake(std::uint8_t type, const std::string& body) {
  wire::Writer out;
  out.u8(type);
  out.u8(static_cast<std::uint8_t>(body.size() >> 16));
  out.u16(static_cast<std::uint16_t>(body.size()));
  out.text(body);
  return text_of(out);
}

struct HelloOptions {
  std::string session_id = {};
  std::string ticket = {};
  std::uint16_t suite = 0xC02F;
  bool tls13 = false;  // a ServerHello's version
};

// A ClientHello (one suite, a session ticket extension) as a handshake message.
inline std::string client_hello(const HelloOptions& options) {
  wire::Writer out;
  out.u16(0x0303);
  out.text(std::string(32, 'c'));
  out.u8(static_cast<std::uint8_t>(options.session_id.size()));
  out.text(options.session_id);
  out.u16(2);
  out.u16(options.suite);
  out.u16(0x0100);
  out.u16(static_cast<std::uint16_t>(4 + options.ticket.size()));
  out.u16(35);
  out.u16(static_cast<std::uint16_t>(options.ticket.size()));
  out.text(options.ticket);
  return handshake(1, text_of(out));
}

inline std::string server_hello(const HelloOptions& options) {
  wire::Writer out;
  out.u16(0x0303);
  out.text(std::string(32, 's'));
  out.u8(static_cast<std::uint8_t>(options.session_id.size()));
  out.text(options.session_id);
  out.u16(options.suite);
  out.u8(0);
  if (options.tls13) {
    out.u16(6);
    out.u16(43);
    out.u16(2);
    out.u16(0x0304);
  }
  return handshake(2, text_of(out));
}

}  // namespace wxsec::test
