// Where packets come from: a live interface (libpcap), a capture file (pcap or pcapng, also
// gzipped), or bytes in memory (tests, fuzzers). Not thread-safe; one thread per source.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/capture/packet.h"
#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::capture {

enum class Next {
  packet,  // one is there
  idle,    // live only: nothing came for about 20 ms; look at the stop token and ask again
  end,     // end of the file
};

struct Counters {
  std::uint64_t received = 0;           // handed to us, before no filter but after the kernel's
  std::uint64_t dropped = 0;            // lost because we were too slow (kernel buffer full)
  std::uint64_t interface_dropped = 0;  // lost by the network card or its driver
  // Left out since the filter makes no sense for their link type, which is not the first packet's.
  std::uint64_t not_filtered = 0;
};

class Source {
 public:
  virtual ~Source() = default;
  // Fills `out`. Fails: io (interface went down), malformed (the file breaks off or lies about a
  // length; packets before that were delivered).
  virtual core::Result<Next> next(Packet& out) = 0;
  // The packet that next() would give, and those behind it that can be had without reading on, all
  // valid until the next call. `count` is set to how many of `out` (not empty) were filled; it is 0
  // unless the answer is `packet`.
  virtual core::Result<Next> next_some(std::span<Packet> out, std::size_t& count);
  virtual Counters counters() = 0;
  // LINKTYPE_ of the first packet to come; what a Writer needs.
  virtual int link_type() const = 0;
  // TLS key log lines that the file carried so far (pcapng Decryption Secrets Block); may be empty.
  virtual std::string_view key_log() const { return {}; }
};

struct LiveOptions {
  std::string interface;             // "lo", "eth0", "any"
  std::string filter;                // BPF in tcpdump's language; empty for everything
  std::size_t snap_length = 262144;  // bytes kept of each packet
  std::size_t buffer_bytes = std::size_t{8} << 20;  // the kernel's
  bool promiscuous = false;
};

// Opens and starts capturing: what is sent after this returned is seen. Fails: permission (hint
// says how to get it), not_found (no such interface), usage (filter), unsupported (link type).
core::Result<std::unique_ptr<Source>> open_live(const LiveOptions& options);

// "-" reads standard input. `filter` as above. Fails: not_found, permission, io, malformed (not a
// capture file), usage (filter).
core::Result<std::unique_ptr<Source>> open_file(const core::Path& path, const std::string& filter);

// The same on a file's bytes, which must outlive the source; no gzip.
core::Result<std::unique_ptr<Source>> open_bytes(core::ByteView file, const std::string& filter);

struct Interface {
  std::string name;
  std::string description;
  bool up = false;
  bool loopback = false;
};
// Those that this process may capture on. Fails: io.
core::Result<std::vector<Interface>> list_interfaces();

}  // namespace wxsec::capture
