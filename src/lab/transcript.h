// What the lab expected, what it saw, and the bytes that show it: plain data, from which the page,
// the JSON and the exit code follow.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/clock.h"
#include "lib/core/error.h"
#include "src/report/verdict.h"

namespace wxsec::lab {

// One claim that the session makes, and whether it came true. Texts may hold bytes of the network:
// renderers escape.
struct Expectation {
  std::string what;  // "the sniffer reads every station's password"
  bool held = false;
  std::vector<std::string> evidence;  // a line each
};

// Bytes taken from the captured packets.
struct Exhibit {
  std::string title;
  core::Bytes bytes;
  std::string note;  // what the reader should see in them
};

struct StepRecord {
  std::string act;      // "plaintext", "tls", "certificates", "comparison"
  std::string name;     // "plain-eavesdrop"
  std::string title;    // "Listen on the wire"
  std::string explain;  // the lesson, in a few sentences
  std::string by_hand;  // what to type to see it without the lab
  std::vector<Expectation> expectations;
  std::vector<Exhibit> exhibits;
  std::vector<report::Check> checks;  // attempts that were made in this step
  std::optional<core::Error> error;   // the step could not be carried out
  std::chrono::milliseconds took{0};

  bool held() const;
};

// What was found in one act, with the evidence that it rests on. `none`: no verdict, a price or
// something that could not be asked.
enum class Mark { none, good, bad };
struct Cell {
  std::string value;
  std::string evidence;
  Mark mark = Mark::none;
};
struct Row {
  std::string question;
  Cell plaintext;
  Cell tls;
};

struct Transcript {
  core::Instant at{};
  std::string version;  // of wxsec
  std::string host;     // kernel and libraries, for whoever compares two reports
  std::vector<StepRecord> steps;
  std::vector<Row> comparison;
  std::chrono::milliseconds took{0};

  bool held() const;  // every step ran and every expectation held
  std::size_t expectations() const;
  std::size_t failures() const;
};

}  // namespace wxsec::lab
