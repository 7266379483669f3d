#include "src/sniff/finding_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "lib/core/time.h"
#include "src/report/catalogue.h"

namespace wxsec::sniff {
namespace {

constexpr std::size_t kMaxEvidence = 5;

std::string where_text(const Place& place) {
  return fmt::format(
      "packet {} at {}, {} -> {}", place.packet,
      core::rfc3339(core::Instant(std::chrono::milliseconds(place.time_ns / 1'000'000))),
      place.client, place.server);
}

}  // namespace

Place place_of(const flow::Event& event) {
  return {event.packet, event.time_ns, event.flow->id, flow::to_string(event.flow->client),
          flow::to_string(event.flow->server)};
}

core::Bytes beginning(core::ByteView bytes, std::size_t most) {
  return core::to_bytes(bytes.first(std::min(bytes.size(), most)));
}

// Asked for every message, and nearly always in vain: what was refused lately is refused at once.
bool FindingList::wants(std::string_view the_id, const flow::Event& event) {
  const flow::Endpoint& server = event.flow->server;
  Refused& lately = refused_[(server.port + the_id.size()) % refused_.size()];
  if (lately.id == the_id && lately.server == server) return false;
  const auto known = known_.find({the_id, server});
  const bool wanted =
      known == known_.end() ? known_.size() < kMaxListed : known->second < kMaxEvidence;
  if (!wanted) lately = {the_id, server};
  return wanted;
}

// Once per id and server; further cases become further lines of evidence.
void FindingList::add(std::string_view the_id, const flow::Event& event,
                      const std::string& evidence, core::ByteView bytes) {
  if (!wants(the_id, event)) return;
  const Place place = place_of(event);
  const std::string line = fmt::format("{}: {}", where_text(place), evidence);
  if (known_[{the_id, event.flow->server}]++ > 0) {
    for (report::Finding& known : findings_) {
      if (known.id == the_id && known.where == place.server) known.evidence.push_back(line);
    }
    return;
  }
  if (findings_.size() >= kMaxListed) return;
  report::Finding fresh = report::make_finding(the_id, place.server, {line});
  fresh.bytes = beginning(bytes, 128);
  findings_.push_back(std::move(fresh));
}

}  // namespace wxsec::sniff
