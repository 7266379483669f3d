#include "src/lab/run.h"

#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "src/lab/render.h"
#include "src/lab/room.h"

namespace wxsec::lab {
namespace {

using core::Code;
using core::fail;
using core::Result;

// Everything that a lab leaves in its directory; nothing else is ever removed.
constexpr std::array<std::string_view, 8> kOwn{"report.html", "report.json",  "plain.pcap",
                                               "tls.pcap",    "renewal.pcap", "tls.keys",
                                               "plain",       "tls"};
constexpr std::string_view kLock = ".wxsec-lab";  // stays: whoever holds it writes there

bool is_own(std::string_view name) {
  return name == kLock || std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end();
}

Result<void> refuse_foreign_files(const core::Path& out) {
  for (const std::string& name : WXSEC_TRY(core::list_directory(out))) {
    if (is_own(name)) continue;
    return fail(Code::usage,
                fmt::format("{} holds {}, which no lab has written", out.string(), name),
                "give --out an empty or new directory");
  }
  return {};
}

Result<core::FileLock> lock_output(const core::Path& out) {
  auto lock = core::FileLock::acquire(out / kLock, std::chrono::milliseconds(0));
  if (lock || lock.error().code != Code::busy) return lock;
  return fail(Code::busy, fmt::format("another lab is writing to {}", out.string()),
              "wait for its end, or give --out another directory");
}

const std::array<const std::vector<Step>*, 4>& acts() {
  static const std::array<const std::vector<Step>*, 4> all{
      &plaintext_steps(), &tls_steps(), &certificate_steps(), &comparison_steps()};
  return all;
}

std::string host_text() {
  utsname name{};
  if (::uname(&name) != 0) return "unknown";
  return fmt::format("{} {} {}", &name.sysname[0], &name.release[0], &name.machine[0]);
}

std::chrono::milliseconds since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               begin);
}

StepRecord carry_out(Room& room, const Step& step) {
  StepRecord record;
  record.act = step.info.act;
  record.name = step.info.name;
  record.title = step.info.title;
  record.explain = step.info.explain;
  record.by_hand = step.info.by_hand;
  const auto begin = std::chrono::steady_clock::now();
  if (auto done = step.body(room, record); !done) record.error = done.error();
  record.took = since(begin);
  return record;
}

// A step that could not be carried out makes the rest of its act pointless, but not the next act.
void play_act(Room& room, const std::vector<Step>& steps, Transcript& transcript) {
  for (const Step& step : steps) {
    if (room.stop.stop_requested()) return;
    if (room.options.on_step) room.options.on_step(step.info);
    transcript.steps.push_back(carry_out(room, step));
    if (room.options.on_done) room.options.on_done(transcript.steps.back());
    if (transcript.steps.back().error) return;
  }
}

}  // namespace

std::vector<StepInfo> step_list() {
  std::vector<StepInfo> out;
  for (const auto* const act : acts()) {
    for (const Step& step : *act) out.push_back(step.info);
  }
  return out;
}

Outputs outputs_in(const core::Path& out) {
  return {out / "report.html", out / "report.json",  out / "plain.pcap",
          out / "tls.pcap",    out / "renewal.pcap", out / "tls.keys"};
}

Result<core::FileLock> prepare_output(const core::Path& out) {
  WXSEC_TRY(core::make_directories(out, 0755));
  WXSEC_TRY(refuse_foreign_files(out));
  auto lock = WXSEC_TRY(lock_output(out));
  for (const std::string_view name : kOwn) {
    std::error_code error;
    std::filesystem::remove_all(out / name, error);
    if (error) return fail(core::system_error(error.value(), "remove", out / name));
  }
  return lock;
}

Result<Transcript> run(const Options& options, const core::Clock& clock,
                       const std::stop_token& stop) {
  const auto begin = std::chrono::steady_clock::now();
  Transcript transcript;
  transcript.at = clock.now();
  transcript.version = options.version;
  transcript.host = host_text();
  Room room{.options = options, .clock = clock, .stop = stop, .outputs = outputs_in(options.out)};
  for (const auto* const act : acts()) {
    play_act(room, *act, transcript);
    // The certificate act goes on with what the TLS act has started.
    const bool carried_on = act == &tls_steps() && !transcript.steps.back().error;
    if (!carried_on) end_services(room);
    if (!carried_on) room.sniffer.reset();
  }
  end_services(room);
  if (stop.stop_requested())
    return fail(Code::interrupted, "the lab was interrupted; nothing is left running");
  transcript.comparison = std::move(room.comparison);
  transcript.took = since(begin);
  WXSEC_TRY(core::write_file_atomic(room.outputs.json, render_json(transcript), {}));
  WXSEC_TRY(core::write_file_atomic(room.outputs.html, render_page(transcript), {}));
  return transcript;
}

}  // namespace wxsec::lab
