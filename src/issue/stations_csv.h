// A table of identities to issue, as people export it from a spreadsheet.
//
//     name,dns,ip,lifetime
//     hill,hill.stations.wx.test,,90d
//     lake,"lake.stations.wx.test lake.wx.test",192.0.2.7,
//
// The first row names the columns, in any order: name is required; dns, ip, uri, email (several
// values in a cell are separated by blanks) and lifetime may be left out or empty. RFC 4180:
// quotes, doubled quotes, CRLF; also semicolons or tabs where the header row has them, and a byte
// order mark.
#pragma once

#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/issue/fleet.h"

namespace wxsec::certs {

// Fails with usage; the error names the line and the column.
core::Result<std::vector<FleetMember>> parse_stations_csv(std::string_view text);
// The same from a file; errors name it. Also not_found, permission, io, too_large (64 MiB).
core::Result<std::vector<FleetMember>> load_stations_csv(const core::Path& file);

}  // namespace wxsec::certs
