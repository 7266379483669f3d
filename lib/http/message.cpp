#include "lib/http/message.h"

#include <algorithm>
#include <array>

namespace wxsec::http {
namespace {

struct MethodRow {
  Method method;
  std::string_view name;
};

constexpr std::array kMethods{
    MethodRow{Method::get, "GET"},         MethodRow{Method::head, "HEAD"},
    MethodRow{Method::post, "POST"},       MethodRow{Method::put, "PUT"},
    MethodRow{Method::patch, "PATCH"},     MethodRow{Method::del, "DELETE"},
    MethodRow{Method::options, "OPTIONS"},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

Response with_body(int status, std::string_view type, std::string body) {
  Response response;
  response.status = status;
  response.content_type = type;
  response.body = std::move(body);
  return response;
}

}  // namespace

std::string_view method_name(Method method) {
  return kMethods[static_cast<std::size_t>(method)].name;
}

std::optional<Method> parse_method(std::string_view token) {
  for (const MethodRow& row : kMethods) {
    if (row.name == token) return row.method;
  }
  return std::nullopt;
}

bool same_token(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> find_field(const Fields& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (same_token(field.first, name)) return field.second;
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  return find_field(headers, name);
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
  for (const Field& field : query) {
    if (field.first == name) return field.second;
  }
  return std::nullopt;
}

std::string_view Request::parameter(std::string_view name) const {
  for (const Field& field : parameters) {
    if (field.first == name) return field.second;
  }
  return {};
}

Response text_response(int status, std::string body) {
  return with_body(status, "text/plain; charset=utf-8", std::move(body));
}
Response json_response(int status, std::string body) {
  return with_body(status, "application/json", std::move(body));
}
Response html_response(int status, std::string body) {
  return with_body(status, "text/html; charset=utf-8", std::move(body));
}

// The IANA registry, as far as somebody here sends or meets it.
std::string_view status_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

}  // namespace wxsec::http
