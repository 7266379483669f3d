// The API's answers as functions of a request and what the server knows (PROTOCOL.md section 5).
// They touch no socket, so tests call them directly.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "lib/core/clock.h"
#include "lib/http/event_feed.h"
#include "lib/http/message.h"
#include "src/api/live.h"
#include "src/store/reading_store.h"

namespace wxsec::api {

// What routes read. Owned by serve(), outlives the server.
struct World {
  store::ReadingStore& store;
  Live& live;
  const core::Clock& clock;
  std::shared_ptr<http::EventFeed> events;
};

struct Route {
  std::string_view pattern;  // "/api/v1/stations/{id}/latest"
  http::Response (*answer)(const http::Request& request, World& world);
};

// Every route, in one table. Handlers are thread-safe.
std::span<const Route> routes();

// One request through its route, with the entity tag added and If-None-Match honoured: what the
// server calls for each request.
http::Response answer(const Route& route, const http::Request& request, World& world);

}  // namespace wxsec::api
