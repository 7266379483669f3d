// The table of stations: whatever is accepted has a usable name in every row.
#include "src/issue/stations_csv.h"

#include <cstdlib>

using namespace wxsec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto members = certs::parse_stations_csv(core::as_text({data, size}));
  if (!members) return 0;
  for (const certs::FleetMember& member : *members)
    if (!certs::check_identity_name(member.name)) std::abort();
  return 0;
}
