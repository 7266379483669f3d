// HTTP requests and responses as our handlers and clients see them. RFC 9110.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxsec::http {

enum class Method { get, head, post, put, patch, del, options };
std::string_view method_name(Method method);  // "GET"
std::optional<Method> parse_method(std::string_view token);

using Field = std::pair<std::string, std::string>;
using Fields = std::vector<Field>;

// Equal but for the case of ASCII letters, as field names and tokens are compared.
bool same_token(std::string_view a, std::string_view b);

// The first field of that name, compared without regard to case; nothing if there is none.
std::optional<std::string_view> find_field(const Fields& fields, std::string_view name);

// Who sent a request, as far as TLS vouches for it.
struct Sender {
  std::string address;   // "127.0.0.1:41234"
  bool secure = false;   // came over TLS
  std::string protocol;  // "TLSv1.3"; empty without TLS, as are the rest
  std::string cipher;
  std::string client_name;    // common name of a verified client certificate; empty: none shown
  std::string client_serial;  // its serial number, lower case hexadecimal
};

// All of it is untrusted, except what `sender` says.
struct Request {
  Method method = Method::get;
  std::string path;    // percent-decoded, starts with '/'
  std::string target;  // as sent, with the query
  Fields query;        // decoded, in order
  Fields parameters;   // {name} segments of the route's pattern
  Fields headers;      // names as sent
  std::string body;
  Sender sender;

  std::optional<std::string_view> header(std::string_view name) const;
  std::optional<std::string_view> query_value(std::string_view name) const;
  // The route's {name} segment; empty if the pattern has none of that name.
  std::string_view parameter(std::string_view name) const;
};

class EventFeed;

struct Response {
  int status = 200;
  std::string content_type = {};  // empty for no body
  std::string body = {};
  Fields headers = {};  // besides Content-Type, Content-Length, Date and the security headers
  // Set: the answer is an endless text/event-stream of this feed (body is ignored). The connection
  // then costs no thread. `last_event_id` resumes after that event if the feed still holds it.
  std::shared_ptr<EventFeed> events = {};
  std::string last_event_id = {};
};

Response text_response(int status, std::string body);
Response json_response(int status, std::string body);
Response html_response(int status, std::string body);

std::string_view status_phrase(int status);  // "Not Found"; "Unknown" for an unregistered one

}  // namespace wxsec::http
