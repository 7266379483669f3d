// Query parameters and the Accept header, to what they ask for. Pure; every refusal is a Problem.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/http/message.h"
#include "src/api/problem.h"
#include "src/store/reading_store.h"

namespace wxsec::api {

template <class T>
using Answer = std::variant<T, Problem>;

// from, to, limit, cursor, order (and format, which is read by choose_format).
Answer<store::RangeQuery> parse_range(const http::Request& request, std::string station);

// Nothing if every parameter is one of `known` and stands there once.
std::optional<Problem> check_parameters(const http::Request& request,
                                        std::initializer_list<std::string_view> known);

// "1764000000000.17": where the next page begins. Opaque to clients.
std::string encode_cursor(const store::Position& position);
std::optional<store::Position> decode_cursor(std::string_view text);

enum class Format { json, csv, geojson, senml };
std::string_view media_type(Format format);

// By ?format= or else by Accept (RFC 9110 12.5.1) among `offered`, the first being the default.
Answer<Format> choose_format(const http::Request& request, std::initializer_list<Format> offered);

}  // namespace wxsec::api
