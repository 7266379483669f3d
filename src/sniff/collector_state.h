// What a Collector has gathered so far. For exposure*.cpp alone.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/sniff/exposure.h"
#include "src/sniff/finding_list.h"
#include "src/sniff/masking.h"
#include "src/sniff/room.h"
#include "src/sniff/secret_finder.h"
#include "src/sniff/tls_watch.h"

namespace wxsec::sniff {

inline constexpr std::size_t kMaxSample = 512;

// Appends to a list of at most kMaxListed entries. One that grows beyond a few gets its place once
// and for all: to move thousands of entries again and again costs more than everything else here.
template <class Entry>
void append(std::vector<Entry>& list, Entry entry) {
  constexpr std::size_t kFew = 128;
  if (list.size() == kFew) list.reserve(kMaxListed);
  list.push_back(std::move(entry));
}

struct Collector::State {
  State(const core::Clock& the_clock, Collect what, Secrets whether)
      : clock(the_clock), collect(what), show(whether) {}

  bool lists() const { return collect != Collect::findings; }
  bool lists_message() const {
    return lists() &&
           seen.messages.size() < (collect == Collect::overview ? kMaxOverview : kMaxListed);
  }

  const core::Clock& clock;
  Collect collect;
  Secrets show;
  Exposure seen;
  SecretFinder finder;
  std::set<std::string> credentials_known;
  Room credentials_room{kMaxListedBytes};
  Room messages_room{kMaxListedBytes};
  Room certificates_room{kMaxListedBytes};
  FindingList findings;
  TlsWatch tls{findings, lists()};

  void take(const flow::Event& event, const SecretsSeen& found);
  std::string clean(core::ByteView text, const SecretsSeen& found) const;
  std::string clean_raw(const flow::Event& event, core::ByteView raw,
                        const SecretsSeen& found) const;
  std::string subject(const flow::HttpMessage& message, const SecretsSeen& found) const;
  std::string name(const SecretSeen& secret, const Masks& masks) const;
  std::string evidence(const SecretSeen& secret, const Masks& masks) const;
  void credential(const flow::Event& event, const SecretSeen& secret, const Masks& masks,
                  core::ByteView excerpt);
  void secrets(const flow::Event& event, core::ByteView raw, const SecretsSeen& found,
               std::string_view finding);
  void mqtt(const flow::Event& event, const flow::MqttMessage& message, const SecretsSeen& found);
  void publish(const flow::Event& event, const flow::MqttMessage& message, core::ByteView payload,
               const SecretsSeen& found);
  void http(const flow::Event& event, const flow::HttpMessage& message, const SecretsSeen& found);
  void websocket(const flow::Event& event, const flow::WebSocketMessage& message,
                 const SecretsSeen& found);
  void undecoded(const flow::Event& event, core::ByteView bytes, const SecretsSeen& found,
                 std::string_view finding);
  void clear_text(const flow::Event& event, std::string_view protocol, std::string subject,
                  std::string text, std::uint64_t size);
  void conflict(const flow::Event& event, const flow::Conflict& conflict);
  void flow_end(const flow::Event& event);
};

}  // namespace wxsec::sniff
