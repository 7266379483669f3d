// What is wrong with the TLS of a capture: old versions, weak suites, certificates, and TLS that
// met something else. Also keeps one record as the example of what ciphertext looks like.
#pragma once

#include <cstdint>
#include <map>

#include "lib/core/bytes.h"
#include "lib/flow/event.h"
#include "src/sniff/exposure.h"
#include "src/sniff/finding_list.h"

namespace wxsec::sniff {

class TlsWatch {
 public:
  // `lists`: whether an example is kept. What is found goes to `findings`, which outlives this.
  TlsWatch(FindingList& findings, bool lists) : findings_(findings), lists_(lists) {}

  // False if the event is none of TLS.
  bool take(const flow::Event& event);
  void flow_end(const flow::Event& event);
  // Empty where no record held data.
  Sample example() const;

 private:
  // They come by the thousand and the latest one is taken, so it is put into words only in the end.
  struct Record {
    std::uint64_t packet = 0;
    std::int64_t time_ns = 0;
    std::uint64_t flow = 0;
    flow::Endpoint client;
    flow::Endpoint server;
    std::size_t length = 0;
    core::Bytes beginning;
  };

  void record(const flow::Event& event, const flow::TlsRecordSeen& record);
  void alert(const flow::Event& event, const flow::TlsAlertSeen& alert);
  void certificates(const flow::Event& event, const flow::TlsCertificatesSeen& seen);
  void server_hello(const flow::Event& event, const flow::TlsServerHelloSeen& hello);
  void client_hello(const flow::Event& event, const flow::TlsClientHelloSeen& hello);
  void on_plain_port(const flow::Event& event);

  FindingList& findings_;
  bool lists_;
  // The beginning of TLS in flows where something else was said, or nothing answered yet.
  std::map<std::uint64_t, core::Bytes> hellos_;
  Record example_;
};

}  // namespace wxsec::sniff
