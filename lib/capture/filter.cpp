// tcpdump's filter language is libpcap's: it compiles "tcp port 1883" into a small program for a
// virtual machine, per link type, which says of each packet yes or no.
#include "lib/capture/filter.h"

#include <pcap/pcap.h>

#include <utility>

#include "lib/capture/link_type.h"

namespace wxsec::capture {

struct Filter::Program {
  int link_type = 0;
  bool valid = false;
  bpf_program code{};

  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (valid) pcap_freecode(&code);
  }
};

Filter::Filter(std::string text) : text_(std::move(text)) {}
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

core::Result<Filter> Filter::compile(const std::string& text, int link_type) {
  Filter filter(text);
  WXSEC_TRY(filter.program_for(link_type));
  return filter;
}

core::Result<Filter::Program*> Filter::program_for(int link_type) {
  for (const auto& program : programs_) {
    if (program->link_type == link_type) return program.get();
  }
  auto program = std::make_unique<Program>();
  program->link_type = link_type;
  pcap_t* const dead = pcap_open_dead(dlt_from_link_type(link_type), 262144);
  if (dead == nullptr)
    return core::fail(core::Code::not_found, "cannot compile a filter: no libpcap can be loaded",
                      "install libpcap0.8");
  const int state = pcap_compile(dead, &program->code, text_.c_str(), 1, PCAP_NETMASK_UNKNOWN);
  const std::string reason = state == 0 ? "" : pcap_geterr(dead);
  pcap_close(dead);
  program->valid = state == 0;
  programs_.push_back(std::move(program));
  if (state != 0)
    return core::fail(core::Code::usage, "the filter is not understood: " + reason,
                      "filters are tcpdump's, as in 'tcp port 1883'; see pcap-filter(7)");
  return programs_.back().get();
}

bool Filter::matches(const Packet& packet) {
  const core::Result<Program*> program = program_for(packet.link_type);
  if (!program || !(*program)->valid) {
    ++not_filtered_;
    return false;
  }
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(packet.bytes.size());
  header.len = packet.original_size;
  return pcap_offline_filter(&(*program)->code, &header, packet.bytes.data()) != 0;
}

}  // namespace wxsec::capture
