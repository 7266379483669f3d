#include "src/station/journal.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "src/weather/model.h"
#include "src/weather/payload.h"

using namespace wxsec;
using station::Journal;

namespace {

std::string payload(std::uint64_t sequence) {
  const core::Instant at{std::chrono::hours(500'000)};
  return weather::encode(weather::Model("station-0001", 1).at(at, sequence));
}

}  // namespace

TEST_CASE("station/journal: what was added is there after a restart, and the numbering goes on") {
  const auto temp = core::TempDirectory::create("wxsec-journal-");
  REQUIRE(temp);
  const core::Path file = temp->path() / "s.journal";
  {
    auto journal = Journal::open(file);
    REQUIRE(journal);
    CHECK(journal->content().payloads.empty());
    CHECK(journal->content().next_sequence == 1);
    REQUIRE(journal->add(payload(4)));
    REQUIRE(journal->add(payload(5)));
    CHECK(journal->added() == 2);
  }
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  auto journal = Journal::open(file);
  REQUIRE(journal);
  REQUIRE(journal->content().payloads.size() == 2);
  CHECK(journal->content().payloads.front() == payload(4));
  CHECK(journal->content().next_sequence == 6);
}

TEST_CASE("station/journal: a rewrite keeps only what is open, and the next number") {
  const auto temp = core::TempDirectory::create("wxsec-journal-");
  REQUIRE(temp);
  const core::Path file = temp->path() / "s.journal";
  {
    auto journal = Journal::open(file);
    REQUIRE(journal);
    REQUIRE(journal->add(payload(1)));
    REQUIRE(journal->rewrite({}, 2));
    CHECK(journal->added() == 0);
    REQUIRE(journal->add(payload(2)));  // the new file is the one that is appended to
  }
  auto journal = Journal::open(file);
  REQUIRE(journal);
  CHECK(journal->content().payloads == std::vector<std::string>{payload(2)});
  CHECK(journal->content().next_sequence == 3);
}

TEST_CASE("station/journal: every truncation gives a prefix, never nonsense") {
  const auto temp = core::TempDirectory::create("wxsec-journal-");
  REQUIRE(temp);
  const core::Path file = temp->path() / "s.journal";
  const std::string text = "next 3\n" + payload(3) + "\n" + payload(4) + "\n";
  for (std::size_t length = 0; length <= text.size(); length += 7) {
    REQUIRE(core::write_file_atomic(file, text.substr(0, length), {.mode = 0600}));
    auto journal = Journal::open(file);
    REQUIRE(journal);
    const auto& content = journal->content();
    CHECK(content.payloads.size() <= 2);
    if (!content.payloads.empty()) CHECK(content.payloads.front() == payload(3));
    CHECK(content.next_sequence <= 5);
  }
}

TEST_CASE("station/journal: lines that are no reading are left out") {
  const auto temp = core::TempDirectory::create("wxsec-journal-");
  REQUIRE(temp);
  const core::Path file = temp->path() / "s.journal";
  REQUIRE(
      core::write_file_atomic(file, "next x\nrubbish\n\n{}\n" + payload(2) + "\n", {.mode = 0600}));
  auto journal = Journal::open(file);
  REQUIRE(journal);
  CHECK(journal->content().payloads.size() == 1);
  CHECK(journal->content().next_sequence == 3);
}

TEST_CASE("station/journal: two processes cannot hold one station's journal") {
  const auto temp = core::TempDirectory::create("wxsec-journal-");
  REQUIRE(temp);
  auto first = Journal::open(temp->path() / "s.journal");
  REQUIRE(first);
  const auto second = Journal::open(temp->path() / "s.journal");
  REQUIRE_FALSE(second);
  CHECK(second.error().code == core::Code::busy);
}
