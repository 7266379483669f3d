// Secrets in the fields of an HTTP head, and in lines that look like such fields.
#pragma once

#include "lib/proto/http_message.h"
#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

// Authorization, cookies that hold a session, API keys, fields called a password, a secret or a
// token, and URLs with secrets in them.
void scan_http_field(const proto::HttpField& field, SecretsSeen& out);

// What may be the beginning of a password, if `field` is a Host that broke off: all behind the
// colon that is no port. The "@" that would tell is not there.
void hide_cut_host(const proto::HttpField& field, SecretsSeen& out);

// The target in a line like "GET /a?token=x HTTP/1.1".
void scan_request_line(std::string_view line, SecretsSeen& out);

// Every "Name: value" line of a text that may be part of a head (or a STOMP frame's).
void scan_field_lines(std::string_view text, SecretsSeen& out);

}  // namespace wxsec::sniff
