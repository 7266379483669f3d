// Live capture through libpcap: the kernel copies packets into a ring of memory that we share, and
// counts those for which there was no room. We read in non-blocking mode and wait with poll(2), so
// that a stop is noticed within 20 ms on a silent wire.
#include <fmt/format.h>
#include <pcap/pcap.h>
#include <poll.h>

#include "lib/capture/link_type.h"
#include "lib/capture/source.h"

namespace wxsec::capture {
namespace {

constexpr int kWaitMs = 20;
// How long the kernel may keep a partly filled block to itself.
constexpr int kBlockMs = 10;

struct PcapClose {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, PcapClose>;

class LiveSource final : public Source {
 public:
  explicit LiveSource(Handle handle)
      : handle_(std::move(handle)),
        fd_(pcap_get_selectable_fd(handle_.get())),
        link_type_(link_type_from_dlt(pcap_datalink(handle_.get()))) {}

  core::Result<Next> next(Packet& out) override;
  Counters counters() override;
  int link_type() const override { return link_type_; }

 private:
  Handle handle_;
  int fd_;
  int link_type_;
  std::uint64_t number_ = 0;
};

core::Result<Next> LiveSource::next(Packet& out) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int state = pcap_next_ex(handle_.get(), &header, &data);
    if (state == 1) {
      out.bytes = core::ByteView(data, header->caplen);
      out.original_size = header->len;
      out.time_ns = std::int64_t{header->ts.tv_sec} * 1'000'000'000 + header->ts.tv_usec;
      out.number = ++number_;
      out.link_type = link_type_;
      return Next::packet;
    }
    if (state < 0)
      return core::fail(core::Code::io,
                        fmt::format("capturing stopped: {}", pcap_geterr(handle_.get())));
    if (attempt == 1) break;
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, kWaitMs) <= 0) break;
  }
  return Next::idle;
}

Counters LiveSource::counters() {
  pcap_stat stat{};
  if (pcap_stats(handle_.get(), &stat) != 0) return {number_, 0, 0};
  return {number_, stat.ps_drop, stat.ps_ifdrop};
}

core::Failure activation_failed(pcap_t* handle, int state, const std::string& interface) {
  const std::string what = fmt::format("cannot capture on {}: ", interface);
  switch (state) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return core::fail(core::Code::permission, what + "permission denied",
                        "capturing needs CAP_NET_RAW: run it with sudo, or once "
                        "'sudo setcap cap_net_raw+ep $(command -v wxsec)'; 'wxsec lab' needs "
                        "neither");
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return core::fail(core::Code::not_found, what + "there is no such interface",
                        "'ip -brief link' lists the interfaces");
    case PCAP_ERROR_IFACE_NOT_UP:
      return core::fail(core::Code::io, what + "the interface is down",
                        fmt::format("ip link set {} up", interface));
    default:
      return core::fail(core::Code::io, what + (state == PCAP_ERROR ? pcap_geterr(handle)
                                                                    : pcap_statustostr(state)));
  }
}

core::Result<void> set_filter(pcap_t* handle, const std::string& text) {
  if (text.empty()) return {};
  bpf_program code{};
  if (pcap_compile(handle, &code, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    return core::fail(core::Code::usage,
                      std::string("the filter is not understood: ") + pcap_geterr(handle),
                      "filters are tcpdump's, as in 'tcp port 1883'; see pcap-filter(7)");
  const int state = pcap_setfilter(handle, &code);
  pcap_freecode(&code);
  if (state != 0)
    return core::fail(core::Code::io, std::string("cannot set the filter: ") + pcap_geterr(handle));
  return {};
}

}  // namespace

core::Result<std::unique_ptr<Source>> open_live(const LiveOptions& options) {
  char reason[PCAP_ERRBUF_SIZE] = "";
  Handle handle(pcap_create(options.interface.c_str(), reason));
  if (!handle)
    return core::fail(core::Code::io,
                      fmt::format("cannot capture on {}: {}", options.interface, reason));
  pcap_t* const raw = handle.get();
  pcap_set_snaplen(raw, static_cast<int>(std::min<std::size_t>(options.snap_length, 262144)));
  pcap_set_promisc(raw, options.promiscuous ? 1 : 0);
  pcap_set_timeout(raw, kBlockMs);
  pcap_set_buffer_size(raw,
                       static_cast<int>(std::min<std::size_t>(options.buffer_bytes, 1U << 30)));
  pcap_set_tstamp_precision(raw, PCAP_TSTAMP_PRECISION_NANO);
  const int state = pcap_activate(raw);
  if (state < 0) return activation_failed(raw, state, options.interface);
  WXSEC_TRY(set_filter(raw, options.filter));
  if (pcap_setnonblock(raw, 1, reason) != 0 || pcap_get_selectable_fd(raw) < 0)
    return core::fail(core::Code::unsupported,
                      fmt::format("{} cannot be watched: {}", options.interface, reason));
  return std::unique_ptr<Source>(std::make_unique<LiveSource>(std::move(handle)));
}

core::Result<std::vector<Interface>> list_interfaces() {
  char reason[PCAP_ERRBUF_SIZE] = "";
  pcap_if_t* all = nullptr;
  if (pcap_findalldevs(&all, reason) != 0)
    return core::fail(core::Code::io, std::string("cannot list the interfaces: ") + reason);
  std::vector<Interface> list;
  for (const pcap_if_t* one = all; one != nullptr; one = one->next) {
    list.push_back({one->name, one->description == nullptr ? "" : one->description,
                    (one->flags & PCAP_IF_UP) != 0, (one->flags & PCAP_IF_LOOPBACK) != 0});
  }
  pcap_freealldevs(all);
  return list;
}

}  // namespace wxsec::capture
