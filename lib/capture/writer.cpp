// Writing capture files: nanosecond pcap, or pcapng with one section and an interface for each link
// type. Bytes are gathered in a buffer and written in large pieces.
#include "lib/capture/writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace wxsec::capture {
namespace {

constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::uint64_t kHeaders = 28 + 32;  // pcapng: the section's and the first interface's

// Little-endian, which both formats allow whatever the machine.
void put32(core::Bytes& out, std::uint64_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<std::uint8_t>((value >> shift) & 0xFF));
}
void put16(core::Bytes& out, std::uint32_t value) {
  out.push_back(static_cast<std::uint8_t>(value & 0xFF));
  out.push_back(static_cast<std::uint8_t>((value >> 8) & 0xFF));
}
void put(core::Bytes& out, core::ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void pad(core::Bytes& out, std::size_t size) { out.insert(out.end(), (4 - size % 4) % 4, 0); }

void put_secrets(core::Bytes& out, std::string_view lines) {
  const std::size_t padded = lines.size() + (4 - lines.size() % 4) % 4;
  put32(out, 10);  // decryption secrets block
  put32(out, 20 + padded);
  put32(out, 0x544C534B);  // TLS key log
  put32(out, lines.size());
  put(out, core::as_bytes(lines));
  pad(out, lines.size());
  put32(out, 20 + padded);
}

}  // namespace

FileFormat format_of(const core::Path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return extension == ".pcapng" ? FileFormat::pcapng : FileFormat::pcap;
}

core::Result<Writer> Writer::create(const WriterOptions& options) {
  Writer writer(options);
  writer.buffer_.reserve(kBuffer);
  WXSEC_TRY(writer.open_next());
  return writer;
}

Writer::~Writer() {
  if (fd_) (void)close();
}

// "out.pcap", in a ring "out.0001.pcap".
core::Path Writer::name(unsigned index) const {
  if (options_.max_file_bytes == 0) return options_.path;
  core::Path numbered = options_.path;
  numbered.replace_extension(fmt::format(".{:04}{}", index, options_.path.extension().string()));
  return numbered;
}

core::Result<void> Writer::open_next() {
  const core::Path path = name(index_);
  ++index_;
  if (options_.max_files != 0) index_ %= options_.max_files;
  core::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd && errno == ELOOP)
    return core::fail(core::Code::exists,
                      fmt::format("{} is a symbolic link, which is not followed", path.string()));
  if (!fd) return core::fail(core::system_error(errno, "write", path));
  fd_ = std::move(fd);
  file_ = path;
  has_packets_ = false;
  file_bytes_ = 0;
  file_header();
  return secrets_.empty() ? core::Result<void>() : secrets_block(secrets_);
}

void Writer::file_header() {
  if (options_.format == FileFormat::pcap) {
    put32(buffer_, 0xA1B23C4D);
    put16(buffer_, 2);
    put16(buffer_, 4);
    put32(buffer_, 0);
    put32(buffer_, 0);
    put32(buffer_, options_.snap_length);
    put32(buffer_, static_cast<std::uint32_t>(options_.link_type));
    return;
  }
  put32(buffer_, 0x0A0D0D0A);  // section header block
  put32(buffer_, 28);
  put32(buffer_, 0x1A2B3C4D);
  put16(buffer_, 1);
  put16(buffer_, 0);
  put32(buffer_, 0xFFFFFFFF);  // section length unknown
  put32(buffer_, 0xFFFFFFFF);
  put32(buffer_, 28);
  link_types_.clear();
  interface_block(options_.link_type);
}

void Writer::interface_block(int link_type) {
  link_types_.push_back(link_type);
  put32(buffer_, 1);  // interface description block
  put32(buffer_, 32);
  put16(buffer_, static_cast<std::uint32_t>(link_type));
  put16(buffer_, 0);
  put32(buffer_, options_.snap_length);
  put16(buffer_, 9);  // if_tsresol: nanoseconds
  put16(buffer_, 1);
  put32(buffer_, 9);
  put32(buffer_, 0);  // end of options
  put32(buffer_, 32);
}

// A link type that is new gets a description before its first packet.
std::uint32_t Writer::interface_of(const Packet& packet) {
  const auto found = std::find(link_types_.begin(), link_types_.end(), packet.link_type);
  const auto number = static_cast<std::uint32_t>(found - link_types_.begin());
  if (found == link_types_.end()) interface_block(packet.link_type);
  return number;
}

void Writer::packet_header(const Packet& packet, std::uint32_t interface) {
  const auto captured = static_cast<std::uint32_t>(packet.bytes.size());
  if (options_.format == FileFormat::pcap) {
    put32(buffer_, static_cast<std::uint64_t>(packet.time_ns / 1'000'000'000));
    put32(buffer_, static_cast<std::uint64_t>(packet.time_ns % 1'000'000'000));
  } else {
    const std::uint32_t padded = captured + (4 - captured % 4) % 4;
    put32(buffer_, 6);  // enhanced packet block
    put32(buffer_, 32 + padded);
    put32(buffer_, interface);
    put32(buffer_, static_cast<std::uint64_t>(packet.time_ns) >> 32);
    put32(buffer_, static_cast<std::uint64_t>(packet.time_ns));
  }
  put32(buffer_, captured);
  put32(buffer_, packet.original_size);
}

core::Failure Writer::refuse(const Packet& packet) const {
  core::Path other = options_.path;
  other.replace_extension(".pcapng");
  return core::fail(
      core::Code::unsupported,
      fmt::format("packet {} has link type {}, and {} can only name one, {}", packet.number,
                  packet.link_type, options_.path.string(), options_.link_type),
      fmt::format("pcapng has room for several: -w {}", other.string()));
}

core::Result<void> Writer::write(const Packet& packet) {
  const bool ng = options_.format == FileFormat::pcapng;
  if (!ng && packet.link_type != options_.link_type) return refuse(packet);
  const std::uint64_t so_far = file_bytes_ + buffer_.size();
  if (options_.max_file_bytes != 0 && so_far > 64 &&
      so_far + packet.bytes.size() > options_.max_file_bytes) {
    WXSEC_TRY(close_file());
    WXSEC_TRY(open_next());
  }
  has_packets_ = true;
  packet_header(packet, ng ? interface_of(packet) : 0);
  put(buffer_, packet.bytes);
  if (ng) {
    const std::size_t size = packet.bytes.size();
    pad(buffer_, size);
    put32(buffer_, 32 + size + (4 - size % 4) % 4);
  }
  ++packets_;
  return buffer_.size() < kBuffer ? core::Result<void>() : spill();
}

core::Result<void> Writer::write_key_log(std::string_view lines) {
  if (options_.format != FileFormat::pcapng || lines.empty()) return {};
  if (options_.max_file_bytes != 0) secrets_ += lines;  // the next file of the ring needs them, too
  const std::uint64_t at = file_bytes_ + buffer_.size();
  WXSEC_TRY(secrets_block(lines));
  if (!has_packets_) return {};
  late_ += lines;
  late_blocks_.push_back({at, file_bytes_ - at});
  return {};
}

core::Result<void> Writer::secrets_block(std::string_view lines) {
  put_secrets(buffer_, lines);
  return spill();
}

// A program logs its keys when it has them, which is after the handshake's packets, and readers
// want them before. That there is no better place for them must not cost the packets.
core::Result<void> Writer::close_file() {
  WXSEC_TRY(spill());
  if (!late_.empty()) {
    core::Bytes block;
    put_secrets(block, late_);
    auto moved = insert_block(file_, fd_, kHeaders, block, late_blocks_);
    // Root opened the file and is gone: its directory, and its name, are not ours.
    if (!moved && moved.error().code == core::Code::permission)
      moved = insert_in_place(file_, fd_, kHeaders, block);
    if (!moved) secrets_behind_ = true;
    late_.clear();
    late_blocks_.clear();
  }
  fd_.close();
  return {};
}

core::Result<void> Writer::spill() {
  core::ByteView rest(buffer_);
  while (!rest.empty()) {
    const ssize_t wrote = ::write(fd_.get(), rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return core::fail(core::system_error(errno, "write", options_.path));
    rest = rest.subspan(static_cast<std::size_t>(wrote));
  }
  file_bytes_ += buffer_.size();
  buffer_.clear();
  return {};
}

core::Result<void> Writer::flush() { return spill(); }

core::Result<void> Writer::close() { return close_file(); }

}  // namespace wxsec::capture
