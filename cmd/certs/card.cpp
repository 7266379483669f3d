#include "cmd/certs/card.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/term/table.h"

namespace wxsec::cmd {
namespace {

using nlohmann::ordered_json;

std::string safe(std::string_view text) { return core::escape_terminal(text); }

std::string line(const term::Style& style, std::string_view label, std::string_view value) {
  return fmt::format("  {} {}\n", style.dim(term::pad_right(label, 12)), value);
}

std::string validity(const pki::Certificate& certificate, core::Instant now,
                     const term::Style& style) {
  const core::Instant end = certificate.not_after;
  std::string left;
  if (now >= end) {
    left = style.bad(fmt::format("expired {} ago", core::human_duration(now - end)));
  } else if (now < certificate.not_before) {
    left = style.bad("not valid yet");
  } else {
    left = style.good(fmt::format("{} left", core::human_duration(end - now)));
  }
  return fmt::format("{} to {}, {}", core::rfc3339(certificate.not_before), core::rfc3339(end),
                     left);
}

std::string joined(const std::vector<std::string>& items) {
  return safe(fmt::format("{}", fmt::join(items, ", ")));
}

std::string use_of(const pki::Certificate& certificate) {
  std::string text = joined(certificate.key_usage);
  if (!certificate.extended_key_usage.empty())
    text += "; for " + joined(certificate.extended_key_usage);
  return text;
}

std::string authority_of(const pki::Certificate& certificate) {
  std::string text = "yes";
  if (certificate.path_length)
    text += fmt::format(", {} further authorities below it", *certificate.path_length);
  if (certificate.has_constraints)
    text += fmt::format("; only for {}{}{}", joined(certificate.constraints.dns),
                        certificate.constraints.dns.empty() ? "" : ", ",
                        joined(certificate.constraints.networks));
  return text;
}

// Enough to see whom it is for; all of them are in the JSON.
constexpr std::size_t kMaxShownNames = 20;

}  // namespace

std::string names_line(const std::vector<pki::AlternativeName>& names) {
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(names.size(), kMaxShownNames); ++i)
    shown.push_back(pki::to_text(names[i]));
  std::string text = joined(shown);
  if (names.size() > kMaxShownNames)
    text += fmt::format(" and {} more (--json shows all)", names.size() - kMaxShownNames);
  return text;
}

std::string certificate_card(const pki::Certificate& certificate, core::Instant now,
                             const term::Style& style) {
  const std::string title =
      certificate.common_name.empty() ? certificate.subject : certificate.common_name;
  std::string text = style.bold(safe(title.empty() ? "(no subject)" : title)) + "\n";
  text += line(style, "subject", safe(certificate.subject));
  text += line(style, "issuer",
               safe(certificate.issuer) + (certificate.self_issued ? " (itself)" : ""));
  if (!certificate.names.empty()) text += line(style, "names", names_line(certificate.names));
  text += line(style, "valid", validity(certificate, now, style));
  text += line(style, "key", safe(pki::key_text(certificate)));
  text += line(style, "signed with", safe(certificate.signature_algorithm));
  if (!certificate.key_usage.empty()) text += line(style, "may be used", use_of(certificate));
  if (certificate.is_ca) text += line(style, "authority", authority_of(certificate));
  text += line(style, "serial", pki::colons(certificate.serial));
  text += line(style, "SHA-256", pki::colons(certificate.sha256));
  return text;
}

ordered_json certificate_json(const pki::Certificate& certificate, core::Instant now) {
  ordered_json names = ordered_json::array();
  for (const auto& name : certificate.names) names.push_back(pki::to_text(name));
  ordered_json out{{"subject", certificate.subject},
                   {"common_name", certificate.common_name},
                   {"issuer", certificate.issuer},
                   {"serial", certificate.serial},
                   {"names", names},
                   {"not_before", core::rfc3339(certificate.not_before)},
                   {"not_after", core::rfc3339(certificate.not_after)},
                   {"days_left", pki::days_left(certificate, now)},
                   {"key", pki::key_text(certificate)},
                   {"signature_algorithm", certificate.signature_algorithm},
                   {"ca", certificate.is_ca},
                   {"key_usage", certificate.key_usage},
                   {"extended_key_usage", certificate.extended_key_usage},
                   {"subject_key_id", certificate.subject_key_id},
                   {"authority_key_id", certificate.authority_key_id},
                   {"sha256", certificate.sha256},
                   {"public_key_sha256", certificate.public_key_sha256}};
  if (certificate.has_constraints)
    out["permitted"] = {{"dns", certificate.constraints.dns},
                        {"networks", certificate.constraints.networks}};
  return out;
}

}  // namespace wxsec::cmd
