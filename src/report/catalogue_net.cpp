// Findings about the network: what listens where, and how far a capture can be trusted.
#include <array>

#include "src/report/catalogue_families.h"

namespace wxsec::report {
namespace {

using S = Severity;

constexpr std::array kEntries = {
    Entry{id::kListensEverywhere, S::medium, "a service listens on all interfaces",
          "Whatever reaches any address of this machine reaches the service: the guest Wi-Fi, the "
          "mobile modem, a container next door.",
          "Bind it to the address that needs it: `listener 8883 192.0.2.10` in mosquitto.conf, "
          "`--listen 127.0.0.1:8443` for the API.",
          "ss -ltnp"},
    Entry{id::kUnexpectedPort, S::medium, "a port is open that the configuration does not name",
          "Nobody watches a service that nobody knows of, and it runs without the care that the "
          "known ones get.",
          "Find its owner with `ss -ltnp`, then stop it or write it into the configuration.",
          "ss -ltnp"},
    Entry{id::kPacketsDropped, S::info, "packets were lost during the capture",
          "What was not captured was not judged: a flow called encrypted may have begun in the "
          "clear.",
          "Capture with a larger buffer (--buffer), a narrower filter, or to a file first (-w).",
          "wxsec sniff -i lo --summary"},
    Entry{id::kConflictingSegments, S::medium,
          "the same part of a TCP stream was sent twice with different content",
          "Receivers differ in which copy they believe. That is how data is smuggled past an "
          "inspecting device, or how somebody on the path slips in bytes of his own.",
          "Find who sends the second copy (compare MAC addresses and TTL of both packets); TLS "
          "makes such insertion useless.",
          "wxsec sniff -i lo --summary"},
};

}  // namespace

std::span<const Entry> net_entries() { return kEntries; }

}  // namespace wxsec::report
