#include "src/attack/outcome.h"

#include <utility>

#include "src/report/catalogue.h"

namespace wxsec::attack {
namespace {

report::Check finish(report::Check check, report::Outcome outcome, std::string summary) {
  check.outcome = outcome;
  check.summary = std::move(summary);
  return check;
}

}  // namespace

report::Check begin(const net::Endpoint& target) {
  report::Check check;
  check.target = net::to_string(target);
  return check;
}

report::Check held(report::Check check, std::string summary) {
  return finish(std::move(check), report::Outcome::held, std::move(summary));
}

report::Check inconclusive(report::Check check, std::string summary) {
  return finish(std::move(check), report::Outcome::inconclusive, std::move(summary));
}

report::Check broken(report::Check check, std::string_view id, std::string where,
                     std::string summary) {
  check.finding = report::make_finding(id, std::move(where), check.evidence);
  check.finding->bytes = check.bytes;
  return finish(std::move(check), report::Outcome::broken, std::move(summary));
}

}  // namespace wxsec::attack
