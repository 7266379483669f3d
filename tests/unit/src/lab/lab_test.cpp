#include <doctest/doctest.h>

#include <set>

#include "lib/core/file.h"
#include "src/lab/background.h"
#include "src/lab/render.h"
#include "src/lab/run.h"

using namespace wxsec::lab;
using wxsec::core::Code;
using wxsec::core::Path;
using namespace std::chrono_literals;

namespace {

Transcript transcript_with(std::string hostile) {
  Transcript out;
  StepRecord step;
  step.act = "plaintext";
  step.name = "step";
  step.title = "A step";
  step.expectations.push_back({hostile, true, {hostile}});
  step.exhibits.push_back(
      {hostile, {0x30, 0x07, 'w', 'x', '/', 's', 't', 'a', 't', 'i', 'o', 'n'}, hostile});
  out.steps.push_back(step);
  out.comparison.push_back(
      {hostile, {hostile, hostile, Mark::bad}, {hostile, hostile, Mark::none}});
  return out;
}

constexpr const char* kHostile = "<script>alert(1)</script>\x1b[2J\xff\"'&";

}  // namespace

TEST_CASE("lab/run: every step has a name of its own, a lesson and something to type") {
  std::set<std::string_view> names;
  for (const StepInfo& step : step_list()) {
    CAPTURE(step.name);
    CHECK(names.insert(step.name).second);
    CHECK(step.title.size() > 5);
    CHECK(step.explain.size() > 80);
    CHECK(step.by_hand.size() > 10);
  }
  CHECK(names.size() >= 15);
}

TEST_CASE(
    "lab/transcript: one failed expectation, a stopped step, or no step at all is a failure") {
  CHECK_FALSE(Transcript{}.held());
  Transcript good = transcript_with("fine");
  CHECK(good.held());
  CHECK(good.expectations() == 1);
  Transcript failed = good;
  failed.steps[0].expectations.push_back({"not so", false, {}});
  CHECK_FALSE(failed.held());
  CHECK(failed.failures() == 1);
  Transcript stopped = good;
  stopped.steps[0].error = wxsec::core::Error{Code::timeout, "too late", ""};
  CHECK_FALSE(stopped.held());
  CHECK(stopped.failures() == 1);
}

TEST_CASE("lab/render: what came from the wire cannot act in the page, the JSON or the terminal") {
  const Transcript transcript = transcript_with(kHostile);
  const std::string page = render_page(transcript);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find('\x1b') == std::string::npos);
  CHECK(page.find("&lt;script&gt;") != std::string::npos);
  CHECK(page.find("http://") == std::string::npos);  // nothing is fetched
  CHECK(render_json(transcript).find('\x1b') == std::string::npos);
  const std::string text = render_step(transcript.steps[0], wxsec::term::Style(false), true) +
                           render_comparison(transcript, wxsec::term::Style(false));
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("lab/run: the output directory is cleared of an earlier lab, and of nothing else") {
  const auto dir = wxsec::core::TempDirectory::create("wxsec-test-").value();
  const Path out = dir.path() / "report";
  REQUIRE(prepare_output(out).has_value());
  REQUIRE(wxsec::core::write_file_new(out / "report.html", "old", {}).has_value());
  REQUIRE(prepare_output(out).has_value());
  CHECK_FALSE(wxsec::core::path_exists(out / "report.html"));
  REQUIRE(wxsec::core::write_file_new(out / "thesis.tex", "mine", {}).has_value());
  const auto refused = prepare_output(out);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::usage);
  CHECK(wxsec::core::path_exists(out / "thesis.tex"));
}

TEST_CASE("lab/background: readiness, the end, and a failure before readiness") {
  using Service = Background<int, int>;
  auto service = Service::start(
      "service",
      [](const Service::SayReady& ready, std::stop_token stop) -> wxsec::core::Result<int> {
        ready(7);
        while (!stop.stop_requested()) std::this_thread::yield();
        return 9;
      },
      5s, {});
  REQUIRE(service.has_value());
  CHECK(service->ready() == 7);
  CHECK_FALSE(service->ended());
  CHECK(service->stop().value() == 9);
  const auto failed =
      Service::start("service",
                     [](const Service::SayReady&, std::stop_token) -> wxsec::core::Result<int> {
                       return wxsec::core::fail(Code::busy, "port in use");
                     },
                     5s, {});
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == Code::busy);
}

TEST_CASE("lab/background: a stop cuts the wait for readiness short, and ends the service") {
  using Service = Background<int, int>;
  std::stop_source stop;
  stop.request_stop();
  bool ended = false;
  const auto cut = Service::start(
      "service",
      [&ended](const Service::SayReady&, std::stop_token own) -> wxsec::core::Result<int> {
        while (!own.stop_requested()) std::this_thread::yield();
        ended = true;
        return 0;
      },
      5min, stop.get_token());
  REQUIRE_FALSE(cut.has_value());
  CHECK(cut.error().code == Code::interrupted);
  CHECK(ended);
}

TEST_CASE("lab/render: a cell looks as it ended, not as its column was hoped to end") {
  Transcript transcript = transcript_with("fine");
  transcript.comparison = {{"question", {"read", "", Mark::bad}, {"BROKEN", "", Mark::bad}},
                           {"question", {"not applicable", "", Mark::none}, {"0", "", Mark::good}}};
  const std::string page = render_page(transcript);
  CHECK(page.find("<span class=\"badge bad\">✗ BROKEN") != std::string::npos);
  CHECK(page.find("<span class=\"badge good\">✓ 0") != std::string::npos);
  CHECK(page.find("<strong>not applicable</strong>") != std::string::npos);
}

TEST_CASE("lab/run: two labs cannot write to one directory at the same time") {
  const auto dir = wxsec::core::TempDirectory::create("wxsec-test-").value();
  {
    const auto first = prepare_output(dir.path());
    REQUIRE(first.has_value());
    REQUIRE(wxsec::core::write_file_new(dir.path() / "report.html", "first", {}).has_value());
    const auto second = prepare_output(dir.path());
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == Code::busy);
    CHECK(second.error().what.find("another lab") != std::string::npos);
    CHECK(wxsec::core::path_exists(dir.path() / "report.html"));
  }
  CHECK(prepare_output(dir.path()).has_value());
}
