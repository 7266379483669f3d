// libpcap is loaded when the first of its functions is called, not when the program starts. On
// Debian it brings D-Bus, systemd's library and six more, a tenth of what a short command costs in
// all, and only captures and filters need them. The callers see nothing of it: here are functions
// of libpcap's names and, checked by the compiler, types; each hands on to the real one. The three
// with which every use begins say why it could not be loaded, so the others are never reached
// without.
#include <dlfcn.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

namespace {

#define WXSEC_PCAP_FUNCTIONS(X) \
  X(activate)                   \
  X(close)                      \
  X(compile)                    \
  X(create)                     \
  X(datalink)                   \
  X(findalldevs)                \
  X(freealldevs)                \
  X(freecode)                   \
  X(get_selectable_fd)          \
  X(geterr)                     \
  X(next_ex)                    \
  X(offline_filter)             \
  X(open_dead)                  \
  X(set_buffer_size)            \
  X(set_promisc)                \
  X(set_snaplen)                \
  X(set_timeout)                \
  X(set_tstamp_precision)       \
  X(setfilter)                  \
  X(setnonblock)                \
  X(stats)                      \
  X(statustostr)

struct Library {
// NOLINTNEXTLINE(bugprone-macro-parentheses): a name is declared
#define WXSEC_PCAP_MEMBER(name) decltype(&::pcap_##name) name = nullptr;
  WXSEC_PCAP_FUNCTIONS(WXSEC_PCAP_MEMBER)
#undef WXSEC_PCAP_MEMBER
  std::string trouble = {};  // "" once it is loaded
};

// Debian's name for it, and that of its authors.
constexpr std::array<const char*, 2> kNames{"libpcap.so.0.8", "libpcap.so.1"};

void* open_any(std::string& trouble) {
  for (const char* name : kNames) {
    if (void* const handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) return handle;
    if (trouble.empty()) trouble = std::string("cannot load libpcap: ") + ::dlerror();
  }
  return nullptr;
}

// Never unloaded: programs and handles of it may live until the end.
Library load() {
  Library library;
  void* const handle = open_any(library.trouble);
  if (handle == nullptr) return library;
  library.trouble.clear();
#define WXSEC_PCAP_FIND(name)                                                              \
  library.name = reinterpret_cast<decltype(library.name)>(::dlsym(handle, "pcap_" #name)); \
  if (library.name == nullptr) library.trouble = "this libpcap has no pcap_" #name;
  WXSEC_PCAP_FUNCTIONS(WXSEC_PCAP_FIND)
#undef WXSEC_PCAP_FIND
  return library;
}

const Library& library() {
  static const Library loaded = load();
  return loaded;
}

bool is_loaded(char* reason) {
  if (library().trouble.empty()) return true;
  std::snprintf(reason, PCAP_ERRBUF_SIZE, "%s", library().trouble.c_str());
  return false;
}

}  // namespace

// --- where every use begins ---------------------------------------------------------------------

pcap_t* pcap_create(const char* device, char* reason) {
  return is_loaded(reason) ? library().create(device, reason) : nullptr;
}
int pcap_findalldevs(pcap_if_t** all, char* reason) {
  return is_loaded(reason) ? library().findalldevs(all, reason) : PCAP_ERROR;
}
pcap_t* pcap_open_dead(int link_type, int snap_length) {
  return library().trouble.empty() ? library().open_dead(link_type, snap_length) : nullptr;
}

// --- what needs something from there ------------------------------------------------------------

int pcap_activate(pcap_t* handle) { return library().activate(handle); }
void pcap_close(pcap_t* handle) { library().close(handle); }
int pcap_compile(pcap_t* handle, bpf_program* code, const char* text, int optimize,
                 bpf_u_int32 netmask) {
  return library().compile(handle, code, text, optimize, netmask);
}
int pcap_datalink(pcap_t* handle) { return library().datalink(handle); }
void pcap_freealldevs(pcap_if_t* all) { library().freealldevs(all); }
void pcap_freecode(bpf_program* code) { library().freecode(code); }
int pcap_get_selectable_fd(pcap_t* handle) { return library().get_selectable_fd(handle); }
char* pcap_geterr(pcap_t* handle) { return library().geterr(handle); }
int pcap_next_ex(pcap_t* handle, pcap_pkthdr** header, const u_char** data) {
  return library().next_ex(handle, header, data);
}
int pcap_offline_filter(const bpf_program* code, const pcap_pkthdr* header, const u_char* data) {
  return library().offline_filter(code, header, data);
}
int pcap_set_buffer_size(pcap_t* handle, int bytes) {
  return library().set_buffer_size(handle, bytes);
}
int pcap_set_promisc(pcap_t* handle, int on) { return library().set_promisc(handle, on); }
int pcap_set_snaplen(pcap_t* handle, int bytes) { return library().set_snaplen(handle, bytes); }
int pcap_set_timeout(pcap_t* handle, int ms) { return library().set_timeout(handle, ms); }
int pcap_set_tstamp_precision(pcap_t* handle, int precision) {
  return library().set_tstamp_precision(handle, precision);
}
int pcap_setfilter(pcap_t* handle, bpf_program* code) { return library().setfilter(handle, code); }
int pcap_setnonblock(pcap_t* handle, int on, char* reason) {
  return library().setnonblock(handle, on, reason);
}
int pcap_stats(pcap_t* handle, pcap_stat* stat) { return library().stats(handle, stat); }
const char* pcap_statustostr(int status) { return library().statustostr(status); }
