// cpp-httplib behind a wall. Its own reading of requests has holes (lengths that contradict each
// other, unbounded headers, decoded header values, bodies that are never read), so it never sees
// what a client sent: request_framer.cpp has read and judged that already. httplib gets a request
// line of ours with the path alone, finds the handler by its routing table, and writes the response
// into memory.
//
// Server::process_request is a protected member; its parameters differ between the versions of
// Debian 12 (0.11) and 13 (0.18), and call_process_request takes whichever is there.
#include "lib/http/router.h"

#include <httplib.h>

#include <algorithm>

#include "lib/http/response_fields.h"

namespace wxsec::http {
namespace {

class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string input) : input_(std::move(input)) {}
  std::string take_output() { return std::move(output_); }

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, std::size_t size) override {
    const std::size_t n = input_.copy(into, size, at_);
    at_ += n;
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* from, std::size_t size) override {
    output_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return -1; }

 private:
  std::string input_;
  std::size_t at_ = 0;
  std::string output_;
};

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> out;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    out.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// httplib's patterns are regular expressions; this one has no alternatives and no nesting, so it
// cannot be made to search for long.
std::string regex_of(std::string_view pattern) {
  std::string out;
  for (const std::string_view segment : segments(pattern)) {
    if (!out.empty() || segment.data() != pattern.data()) out += '/';
    if (is_parameter(segment)) {
      out += "([^/]+)";
      continue;
    }
    for (const char c : segment) {
      if (std::string_view(".^$|()[]{}*+?\\").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::vector<std::string> parameter_names(std::string_view pattern) {
  std::vector<std::string> names;
  for (const std::string_view segment : segments(pattern)) {
    if (is_parameter(segment)) names.emplace_back(segment.substr(1, segment.size() - 2));
  }
  return names;
}

// The path in a form that httplib decodes back to itself.
std::string percent_encode(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

}  // namespace

bool pattern_matches(std::string_view pattern, std::string_view path) {
  const auto wanted = segments(pattern);
  const auto given = segments(path);
  return std::equal(wanted.begin(), wanted.end(), given.begin(), given.end(),
                    [](std::string_view want, std::string_view is) {
                      return is_parameter(want) ? !is.empty() : want == is;
                    });
}

class Router::Adapter final : public httplib::Server {
 public:
  Adapter(const std::vector<Route>& routes, const http::Server::Refusal& refusal)
      : routes_(routes), refusal_(refusal) {
    for (const Route& route : routes_) add(route);
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& out) {
      if (request_ != nullptr) return HandlerResponse::Unhandled;
      fill(out, response_);
      return HandlerResponse::Handled;
    });
    set_exception_handler([this](const httplib::Request&, httplib::Response& out, auto&&) {
      // The exception's text may hold anything; the client gets none of it.
      fill(out, refusal_(500, "the server failed to answer this request",
                         request_ == nullptr ? std::string_view() : request_->path));
    });
    set_error_handler(HandlerWithResponse([this](const httplib::Request&, httplib::Response& out) {
      if (handled_ || request_ == nullptr) return HandlerResponse::Unhandled;
      fill(out, not_routed());
      return HandlerResponse::Handled;
    }));
    set_post_routing_handler(
        [this](const httplib::Request&, httplib::Response& out) { finish(out); });
  }

  Response refusal(int status, std::string_view detail) const {
    return refusal_(status, detail, {});
  }

  Answer run(Request* request, Response refusal, bool keep_alive, Secure over) {
    over_ = over;
    request_ = request;
    response_ = std::move(refusal);
    handled_ = false;
    answer_ = {};
    const std::string_view method = request == nullptr ? "GET" : method_name(request->method);
    const std::string path = request == nullptr ? "/" : percent_encode(request->path);
    MemoryStream stream(std::string(method).append(" ").append(path).append(
        " HTTP/1.1\r\nContent-Length: 0\r\n\r\n"));
    bool closed = false;
    call_process_request(*this, stream, !keep_alive, closed);
    answer_.bytes = stream.take_output();
    return std::move(answer_);
  }

 private:
  template <class Self>
  static void call_process_request(Self& self, httplib::Stream& stream, bool close, bool& closed) {
    const std::function<void(httplib::Request&)> no_setup;
    if constexpr (requires { self.process_request(stream, close, closed, no_setup); }) {
      self.process_request(stream, close, closed, no_setup);
    } else {
      self.process_request(stream, std::string(), 0, std::string(), 0, close, closed, no_setup);
    }
  }

  void add(const Route& route) {
    const std::string pattern = regex_of(route.pattern);
    const Handler handler = [this, &route, names = parameter_names(route.pattern)](
                                const httplib::Request& in, httplib::Response& out) {
      handled_ = true;
      for (std::size_t i = 0; i < names.size(); ++i) {
        request_->parameters.emplace_back(names[i], in.matches[i + 1].str());
      }
      fill(out, route.handler(*request_));
    };
    switch (route.method) {
      case Method::get:
      case Method::head: Get(pattern, handler); break;
      case Method::post: Post(pattern, handler); break;
      case Method::put: Put(pattern, handler); break;
      case Method::patch: Patch(pattern, handler); break;
      case Method::del: Delete(pattern, handler); break;
      case Method::options: Options(pattern, handler); break;
    }
  }

  // 404, or 405 where the path exists for another method. RFC 9110 15.5.6.
  Response not_routed() const {
    std::string allowed;
    for (const Route& route : routes_) {
      if (!pattern_matches(route.pattern, request_->path)) continue;
      if (!allowed.empty()) allowed += ", ";
      allowed += route.method == Method::get ? "GET, HEAD" : method_name(route.method);
    }
    if (allowed.empty()) return refusal_(404, "there is nothing at this path", request_->path);
    Response response = refusal_(405, "this path does not answer that method", request_->path);
    response.headers.emplace_back("Allow", std::move(allowed));
    return response;
  }

  void fill(httplib::Response& out, Response response) {
    out.status = response.status;
    out.headers.clear();
    for (const Field& field : response.headers) out.set_header(field.first, field.second);
    for (const Field& field : security_fields(over_)) {
      if (!out.has_header(field.first)) out.set_header(field.first, field.second);
    }
    out.set_header(
        "Date",
        http_date(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())));
    answer_.events = std::move(response.events);
    answer_.last_event_id = std::move(response.last_event_id);
    if (answer_.events) {
      out.set_header("Content-Type", "text/event-stream");
      out.set_header("Cache-Control", "no-store");
    } else if (!response.content_type.empty()) {
      answer_.body_bytes = response.body.size();
      out.set_content(std::move(response.body), response.content_type);
    }
  }

  // After httplib has added its own fields, before they are written.
  void finish(httplib::Response& out) {
    answer_.status = out.status;
    out.headers.erase("Keep-Alive");     // ours are other limits
    out.headers.erase("Accept-Ranges");  // there are none
    // An event stream ends with its connection; the others have no body by definition.
    if (answer_.events || out.status == 204 || out.status == 304) {
      out.headers.erase("Content-Length");
    }
  }

  const std::vector<Route>& routes_;
  const http::Server::Refusal& refusal_;
  Secure over_ = Secure::no;    // how this answer travels: HSTS only over TLS (RFC 6797 7.2)
  Request* request_ = nullptr;  // the one being answered; none for a refusal
  Response response_;           // the refusal
  bool handled_ = false;
  Answer answer_;
};

Router::Router(const std::vector<Route>& routes, const Server::Refusal& refusal)
    : adapter_(std::make_unique<Adapter>(routes, refusal)) {}
Router::~Router() = default;

Answer Router::answer(Request& request, bool keep_alive) {
  return adapter_->run(&request, {}, keep_alive, request.sender.secure ? Secure::yes : Secure::no);
}

Answer Router::refuse(int status, std::string_view detail, Secure over) {
  return adapter_->run(nullptr, adapter_->refusal(status, detail), false, over);
}

}  // namespace wxsec::http
