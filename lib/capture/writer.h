// Capture files out: classic pcap with nanoseconds (opens everywhere), or pcapng where a TLS key
// log is to travel inside the file. Optionally a ring of files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/capture/insert_block.h"
#include "lib/capture/packet.h"
#include "lib/core/fd.h"
#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::capture {

enum class FileFormat { pcap, pcapng };

// By the name's ending: pcapng for ".pcapng" in any case, else pcap.
FileFormat format_of(const core::Path& path);

struct WriterOptions {
  core::Path path;
  FileFormat format = FileFormat::pcap;
  int link_type = link::kEthernet;  // of the packets; in pcapng others may come, too
  std::uint32_t snap_length = 262144;
  // A ring: when a file is full, go on in the next; with `max_files` the oldest is overwritten.
  std::uint64_t max_file_bytes = 0;  // 0: one file without limit
  unsigned max_files = 0;            // 0: no limit; names get a number before the extension
};

// Buffered; what was written is in the file after flush(), close() or destruction.
class Writer {
 public:
  // Creates or truncates with mode 0600, never through a symbolic link. Fails: permission, io,
  // not_found, exists (is a directory or a link).
  static core::Result<Writer> create(const WriterOptions& options);
  Writer(Writer&&) noexcept = default;
  Writer& operator=(Writer&&) noexcept = default;
  ~Writer();

  // Fails: io (disk full); unsupported (a packet of another link type, which pcap has no place
  // for).
  core::Result<void> write(const Packet& packet);
  // pcapng only (else ignored): a Decryption Secrets Block of NSS key log lines. Readers need it
  // before the packets that it opens: what comes after packets is moved to the front of its file
  // when that is closed, see secrets_behind().
  core::Result<void> write_key_log(std::string_view lines);
  core::Result<void> flush();
  core::Result<void> close();
  std::uint64_t packets() const { return packets_; }
  // Whether a file that was closed has secrets behind packets, because there was no room for
  // another copy, or no right to make one in its directory.
  bool secrets_behind() const { return secrets_behind_; }

 private:
  explicit Writer(const WriterOptions& options) : options_(options) {}
  core::Result<void> open_next();
  core::Path name(unsigned index) const;
  void file_header();
  core::Failure refuse(const Packet& packet) const;
  void interface_block(int link_type);
  std::uint32_t interface_of(const Packet& packet);
  void packet_header(const Packet& packet, std::uint32_t interface);
  core::Result<void> secrets_block(std::string_view lines);
  core::Result<void> spill();
  core::Result<void> close_file();

  WriterOptions options_;
  core::Fd fd_;
  core::Bytes buffer_;
  std::string secrets_;  // a ring's key log lines so far
  std::string late_;     // those that came after packets of this file
  std::vector<FileRange> late_blocks_;
  bool has_packets_ = false;  // this file
  bool secrets_behind_ = false;
  core::Path file_;              // being written
  std::vector<int> link_types_;  // of the file's interfaces, in their order
  std::uint64_t file_bytes_ = 0;
  std::uint64_t packets_ = 0;
  unsigned index_ = 0;
};

}  // namespace wxsec::capture
