// What the steps share: where files go, what is running, what was learned so far.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/attack/run.h"
#include "src/certs/layout.h"
#include "src/lab/measure.h"
#include "src/lab/run.h"
#include "src/lab/services.h"
#include "src/lab/transcript.h"
#include "src/sniff/expose.h"

namespace wxsec::lab {

// What one side of the comparison rests on; filled by the acts.
struct Facts {
  sniff::Exposure wire;               // what the eavesdropper had at the end of the act
  std::uint64_t readings_stored = 0;  // by the API, at the end of the act
  Window steady;                      // while the stations only reported
  std::vector<report::Check> checks;  // the attempts, by name
  std::string api_answer;             // status line, protocol and cipher of a read through the API
  std::chrono::microseconds connect_time{0};  // TCP (and TLS) until the API could be asked
};

// The attempt that both acts make with what the first one lost.
inline constexpr std::string_view kStolenPassword = "stolen-password";
inline constexpr std::string_view kStolenPasswordTitle =
    "publish in a station's name with its stolen password";

struct Room {
  const Options& options;
  const core::Clock& clock;
  std::stop_token stop;
  Outputs outputs;

  // The act that is running; all gone between acts.
  std::optional<sniff::LiveSniffer> sniffer = {};
  std::optional<BrokerService> broker = {};
  std::optional<ApiService> api = {};
  std::optional<StationService> stations = {};
  std::unique_ptr<broker::ReloadRequest> broker_reload = {};
  std::unique_ptr<api::ReloadSwitch> api_reload = {};

  Facts plain = {};
  Facts tls = {};
  std::vector<Row> comparison = {};
  // Certificate act: the serials before the renewal, by identity.
  std::map<std::string, std::string> old_serials = {};

  core::Path act_dir(std::string_view act) const { return options.out / act; }
  certs::Layout certificates() const { return certs::Layout(options.out / "tls" / "certs"); }
};

// Adds to the record of the step at hand.
void expect(StepRecord& record, bool held, std::string what, std::vector<std::string> evidence);

// The act's attempts: what they found goes into the record and the act's facts, and each is
// expected to end as `expected` says. Fails as attack::run.
core::Result<void> attempt(Room& room, StepRecord& record, Facts& facts,
                           std::vector<std::string> names, const attack::Target& target,
                           attack::Loot& loot, report::Outcome expected);

// An attempt that the lab makes itself, without the attack command's catalogue: into the record and
// the facts, expected as above.
void note_attempt(StepRecord& record, Facts& facts, report::Check check, report::Outcome expected);

// What the eavesdropper of act one has read so far: the capture, not our list of accounts, is where
// a login comes from. Fails with not_found.
core::Result<sniff::Credential> stolen_password(const Room& room, std::string_view user);

// Waits until every station has `each` readings in the API and notes, once nobody logs in any more
// and again at the end, a moment for `facts.steady`. Fails as wait_for_readings.
core::Result<std::uint64_t> watch_reporting(Room& room, Facts& facts, const core::Path& ca,
                                            std::uint64_t each);

// How station `number` of act one reports: by name and password, without TLS.
station::PublisherOptions plaintext_station(unsigned number);

// Act one's intruders without any certificate: a client that shows none, and one in the middle.
core::Result<void> enter_without_certificate(Room& room, StepRecord& record);

// Ends whatever the act left running, in the order that loses nothing: stations, API, broker.
// Returns what the stations and the API counted.
struct ActCounts {
  std::optional<station::PublisherResult> stations;
  std::optional<api::ServeResult> api;
};
ActCounts end_services(Room& room);

// A step's work; an error means that it could not be carried out at all.
using StepBody = core::Result<void> (*)(Room& room, StepRecord& record);
struct Step {
  StepInfo info;
  StepBody body;
};

// One function per act, in its own file, that lists the act's steps.
const std::vector<Step>& plaintext_steps();
const std::vector<Step>& tls_steps();
const std::vector<Step>& certificate_steps();
const std::vector<Step>& comparison_steps();

}  // namespace wxsec::lab
