// From a request to the bytes of its answer: cpp-httplib finds the handler and writes the response.
// Internal to lib/http. One per event loop: not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/message.h"
#include "lib/http/server.h"

namespace wxsec::http {

struct Route {
  Method method = Method::get;
  std::string pattern;
  Server::Handler handler;
};

enum class Secure { no, yes };

struct Answer {
  std::string bytes;  // the whole response; of an event stream only its head
  int status = 0;
  std::size_t body_bytes = 0;
  std::shared_ptr<EventFeed> events;
  std::string last_event_id;
};

class Router {
 public:
  // The arguments must outlive it.
  Router(const std::vector<Route>& routes, const Server::Refusal& refusal);
  ~Router();

  // Fills in request.parameters. With `keep_alive` false the response says "Connection: close".
  Answer answer(Request& request, bool keep_alive);
  // A response without a request that one could route; the connection is closed after it. `over`
  // says how it travels.
  Answer refuse(int status, std::string_view detail, Secure over);

 private:
  class Adapter;
  std::unique_ptr<Adapter> adapter_;
};

// "/a/{id}" matches "/a/x": segment by segment, {name} any one that is not empty.
bool pattern_matches(std::string_view pattern, std::string_view path);

}  // namespace wxsec::http
