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
#include "src/lab/run.h"
#include "src/lab/services.h"
#include "src/lab/transcript.h"
#include "src/sniff/session.h"

namespace wxsec::lab {

// What one side of the comparison rests on; filled by the acts.
struct Facts {
  sniff::Exposure wire;                // what the eavesdropper had at the end of the act
  std::uint64_t readings_stored = 0;   // by the API, at the end of the act
  std::uint64_t readings_on_wire = 0;  // in the API when the capture ended
  std::vector<report::Check> checks;   // the attempts, by name
  std::string api_answer;              // status line, protocol and cipher of a read through the API
  std::chrono::microseconds connect_time{0};  // TCP (and TLS) until the API could be asked
  bool forged_shown = false;                  // the API shows the intruder's reading
};

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
  // Certificate act: the serials before the renewal.
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
