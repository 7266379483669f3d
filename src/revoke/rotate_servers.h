// Servers between step 2 and step 3: a certificate of the new authority in the folder is not yet
// one on the wire, and once the old authority is trusted no more, its clients refuse who still
// shows one.
#pragma once

#include <string>
#include <vector>

#include "src/revoke/rotate_run.h"

namespace wxsec::certs {

// Before `names` are renewed: the servers among them are untold from now on, also if this run is
// killed.
core::Result<void> expect_servers(RotateRun& run, const std::vector<std::string>& names);
// Afterwards: who was reloaded, or was seen to serve the new one, is told.
core::Result<void> note_told_servers(RotateRun& run, const RenewReport& report);
// Those that are still untold and that this run's services name are told, and must serve what lies
// in their folder. Fails as reload_services() and verify_services().
core::Result<void> tell_servers(RotateRun& run);
// Fails with usage while one is untold; a step that was begun goes on.
core::Result<void> need_servers_told(const RotateRun& run);

}  // namespace wxsec::certs
