#include "src/sniff/finding_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "lib/core/time.h"
#include "src/report/catalogue.h"
#include "src/sniff/room.h"

namespace wxsec::sniff {
namespace {

constexpr std::size_t kMaxEvidence = 5;

constexpr std::size_t kMaxExcerpt = 128;
constexpr std::size_t kMaxEvidenceText = 512;

std::string where_text(const FindingCase& one) {
  return fmt::format(
      "packet {} at {}, {} -> {}", one.place.packet,
      core::rfc3339(core::Instant(std::chrono::milliseconds(one.place.time_ns / 1'000'000))),
      one.source(), one.destination());
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
      known == known_.end() ? known_.size() < kMaxListed : known->second.cases < kMaxEvidence;
  if (!wanted) lately = {the_id, server};
  return wanted;
}

// Once per id and server; further cases become further lines of evidence.
void FindingList::add(std::string_view the_id, const flow::Event& event,
                      const std::string& evidence, core::ByteView bytes) {
  if (!wants(the_id, event)) return;
  FindingCase one{findings_.size(), place_of(event), event.direction == flow::Direction::to_server,
                  cut_text(evidence, kMaxEvidenceText), beginning(bytes, kMaxExcerpt)};
  Known& known = known_[{the_id, event.flow->server}];
  if (known.cases++ == 0) {
    known.index = findings_.size();
    findings_.push_back(report::make_finding(the_id, one.place.server, {}));
    findings_.back().bytes = one.excerpt;
  }
  one.finding = known.index;
  report::Finding& finding = findings_[known.index];
  finding.evidence.push_back(fmt::format("{}: {}", where_text(one), one.text));
  if (sink_) sink_(finding, one);
  cases_.push_back(std::move(one));
}

}  // namespace wxsec::sniff
