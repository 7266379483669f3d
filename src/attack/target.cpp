#include "src/attack/target.h"

#include <fmt/core.h>

#include <algorithm>

#include "src/certs/layout.h"

namespace wxsec::attack {
namespace {

using core::Code;
using core::fail;
using net::Scheme;

core::Path if_there(const core::Path& path) {
  return core::path_exists(path) ? path : core::Path();
}

Identity identity_of(const certs::IdentityFiles& files) {
  return {if_there(files.fullchain), if_there(files.key)};
}

core::Result<net::Endpoint> endpoint_of(const std::string& url, Scheme clear, Scheme secure) {
  net::Endpoint endpoint = WXSEC_TRY(net::parse_endpoint(url, 0));
  if (endpoint.scheme == clear || endpoint.scheme == secure) return endpoint;
  return fail(Code::usage, fmt::format("'{}' is no URL of this kind", url),
              fmt::format("write {}://HOST[:PORT] or {}://HOST[:PORT]", net::scheme_name(secure),
                          net::scheme_name(clear)));
}

void fill_from_directory(const TargetOptions& options, Target& target) {
  const certs::Layout layout(options.dir);
  if (core::path_exists(options.dir)) target.dir = options.dir;
  target.ca = options.ca.empty() ? if_there(layout.ca()) : options.ca;
  target.operator_ =
      options.operator_.present() ? options.operator_ : identity_of(layout.operator_());
  target.station = identity_of(layout.current(target.station_name));
  target.issuer = identity_of(layout.issuing());
  target.revoked = options.revoked;
}

}  // namespace

core::Result<Target> target_from(const TargetOptions& options) {
  Target target;
  const bool defaults = options.broker.empty() && options.api.empty();
  const std::string broker = defaults ? "mqtts://localhost:8883" : options.broker;
  const std::string api = defaults ? "https://localhost:8443" : options.api;
  if (!broker.empty()) target.broker = WXSEC_TRY(endpoint_of(broker, Scheme::mqtt, Scheme::mqtts));
  if (!api.empty()) target.api = WXSEC_TRY(endpoint_of(api, Scheme::http, Scheme::https));
  if (target.api && target.api->path.size() > 1) target.api_path = target.api->path;
  target.interface = options.interface;
  target.listen_for = options.listen_for;
  fill_from_directory(options, target);
  return target;
}

std::vector<std::string> foreign_hosts(const Target& target) {
  std::vector<std::string> hosts;
  for (const auto& endpoint : {target.broker, target.api}) {
    if (!endpoint || net::is_loopback(endpoint->host)) continue;
    if (std::find(hosts.begin(), hosts.end(), endpoint->host) == hosts.end())
      hosts.push_back(endpoint->host);
  }
  return hosts;
}

}  // namespace wxsec::attack
