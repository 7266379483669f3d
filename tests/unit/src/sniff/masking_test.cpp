// Nothing that the sniffer itself calls a secret may be readable in any of its outputs, unless it
// was asked for, and then it is in all of them.
#include "src/sniff/masking.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/core/file.h"
#include "lib/proto/http_message.h"
#include "src/sniff/expose.h"
#include "src/sniff/present.h"

using namespace wxsec;

namespace {

const std::string kCaptures = WXSEC_SOURCE_DIR "/tests/captures/";
constexpr std::size_t kLong = 6;  // shorter ones may stand in other words

std::string output(const std::string& name, sniff::Format format, sniff::Secrets secrets) {
  sniff::PresentOptions options;
  options.session.file = kCaptures + name;
  options.format = format;
  options.print.secrets = secrets;
  options.print.hexdump = true;
  options.print.whole = true;
  options.html = core::Path(std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp") /
                 ("wxsec_masking_test." + std::to_string(::getpid()) + ".html");
  std::string out;
  const core::FixedClock clock{core::Instant{}};
  REQUIRE(sniff::present(
      options, clock, [&](std::string_view text) { out += text; }, [](std::string_view) {},
      std::stop_token{}));
  const auto page = core::read_file(options.html, 1 << 24);
  REQUIRE(page);
  ::unlink(options.html.c_str());
  return out + *page;
}

// What stands in the last column of a hexdump, without its line ends.
std::string dumped_text(std::string_view out) {
  constexpr std::size_t kColumn = 4 + 6 + 3 * 16 + 1;  // indent, offset, numbers
  std::string text;
  while (!out.empty()) {
    const std::size_t end = std::min(out.find('\n'), out.size());
    const std::string_view line = out.substr(0, end);
    out.remove_prefix(std::min(end + 1, out.size()));
    if (line.starts_with("    0") && line.size() > kColumn) text += line.substr(kColumn);
  }
  return text;
}

// What the members in base64 hold.
std::string base64_text(std::string_view out) {
  constexpr std::string_view kMember = "_base64\":\"";
  std::string text;
  for (std::size_t at = out.find(kMember); at != std::string_view::npos;
       at = out.find(kMember, at)) {
    at += kMember.size();
    text += proto::decode_base64(out.substr(at, out.find('"', at) - at)).value_or("") + '\n';
  }
  return text;
}

std::string everything(const std::string& name, sniff::Format format, sniff::Secrets secrets) {
  const std::string out = output(name, format, secrets);
  return out + '\n' + dumped_text(out) + '\n' + base64_text(out);
}

constexpr sniff::Format kFormats[] = {sniff::Format::lines, sniff::Format::json_lines,
                                      sniff::Format::summary, sniff::Format::summary_json};

}  // namespace

TEST_CASE("sniff/masking: no output of any capture shows what was found") {
  const auto names = core::list_directory(kCaptures);
  REQUIRE(names);
  const core::FixedClock clock{core::Instant{}};
  for (const std::string& name : *names) {
    if (!name.ends_with(".pcap")) continue;
    CAPTURE(name);
    const auto seen = sniff::expose_file(kCaptures + name, {}, clock);
    REQUIRE(seen);
    if (seen->credentials.empty()) continue;
    for (const sniff::Format format : kFormats) {
      CAPTURE(format);
      const std::string out = everything(name, format, sniff::Secrets::masked);
      for (const sniff::Credential& one : seen->credentials) {
        const std::string value(one.value.reveal());
        CAPTURE(value);
        if (value.size() >= kLong) CHECK(out.find(value) == std::string::npos);
      }
    }
  }
}

TEST_CASE("sniff/masking: every output shows them where that was asked for") {
  const core::FixedClock clock{core::Instant{}};
  const auto seen = sniff::expose_file(kCaptures + "http_secrets.pcap", {}, clock);
  REQUIRE(seen);
  for (const sniff::Format format : kFormats) {
    CAPTURE(format);
    const std::string out = everything("http_secrets.pcap", format, sniff::Secrets::shown);
    for (const sniff::Credential& one : seen->credentials) {
      const std::string value(one.value.reveal());
      CAPTURE(value);
      // On lines the Basic pair stands as it was sent.
      if (one.kind != "http basic") CHECK(out.find(value) != std::string::npos);
    }
    CHECK(out.find("***") == std::string::npos);
  }
}

TEST_CASE("sniff/masking: a short secret is masked where it stands, and only there") {
  const std::string message = "client station, password st, WWW-Authenticate: th";
  const std::string_view text = message;
  const sniff::SecretsSeen secrets{{"mqtt password", "", "st", text.substr(25, 2)},
                                   {"api key", "", "th", text.substr(47, 2)}};
  CHECK(sniff::masked_copy(text, secrets) == "client station, password **, WWW-Authenticate: **");
  CHECK(sniff::masked_copy(text.substr(0, 26), secrets) == "client station, password *");
  CHECK(sniff::masked_copy(std::string(text), secrets) == text);
}

TEST_CASE("sniff/masking: a text that ends inside a secret does not show its beginning") {
  const std::string message = "a s3cret-token, b s3cret-token";
  const std::string_view text = message;
  const sniff::SecretsSeen secrets{{"cookie", "sid", "", text.substr(18)}};
  CHECK(sniff::masked_copy(text.substr(0, 28), secrets) == "a ************, b **********");
  CHECK(sniff::masked_copy("a s3cret-token", secrets) == "a ************");
  CHECK(sniff::masked_copy("gzip, s3cret", secrets) == "gzip, s3cret");
  CHECK(sniff::masked_copy("", secrets).empty());
}

TEST_CASE("sniff/masking: masks made once serve every text of a message") {
  const std::string message = "id=ab,cd;pin=12345678 end";
  const std::string_view text = message;
  const sniff::SecretsSeen secrets{{"api key", "pin", "", text.substr(13, 8)},
                                   {"cookie", "id", "", text.substr(3, 2)},
                                   {"cookie", "id", "", text.substr(3, 5)},
                                   {"cookie", "id", "", text.substr(6, 2)}};
  const sniff::Masks masks(secrets);
  CHECK(masks.copy(text) == "id=*****;pin=******** end");
  CHECK(masks.copy(text.substr(4, 3)) == "***");
  CHECK(masks.copy(text.substr(8, 5)) == ";pin=");
  CHECK(masks.copy("ab 12345678") == "ab ********");
  CHECK(masks.copy("").empty());
  CHECK(sniff::Masks({}).empty());
}

// In time that does not grow with their product: that would be minutes.
TEST_CASE("sniff/masking: many secrets in many texts") {
  constexpr std::size_t kMany = 200'000;
  const std::string message(2 * kMany, 'x');
  const std::string_view text = message;
  sniff::SecretsSeen secrets;
  for (std::size_t i = 0; i < kMany; ++i) sniff::add_hidden(secrets, text.substr(2 * i, 1));
  const sniff::Masks masks(secrets);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < kMany; ++i) {
    if (masks.copy(text.substr(2 * i, 2)) != "*x") ++wrong;
  }
  CHECK(wrong == 0);
}

// A search that begins anew at every letter takes minutes.
TEST_CASE("sniff/masking: a secret that is nearly everywhere, and nowhere") {
  const std::string secret = std::string(500'000, 'a') + 'b';
  const std::string text(1'000'000, 'a');
  CHECK(sniff::masked_copy(text, {{"api key", "x", secret, secret}}) == text);
}

TEST_CASE("sniff/masking: targets lose their secrets, in the fragment and before the host, too") {
  CHECK(sniff::masked_target("/cb?code=1&token=abcdef&x=2#access_token=ghi") ==
        "/cb?code=1&token=******&x=2#access_token=***");
  CHECK(sniff::masked_target("/plain?station=7") == "/plain?station=7");
  CHECK(sniff::masked_target("http://u:pa@h/x?pin=1") == "http://u:**@h/x?pin=*");
}
