// The new authority of a roll-over, made beside the old one.
#pragma once

#include "src/revoke/rotate_run.h"

namespace wxsec::certs {

// Its files are on the disk, synced, before the state names them; nothing points at them yet. Its
// keys are encrypted where the old ones are. The old keys sign nothing here, so one that is lost is
// no obstacle. Fails: crypto (the passphrase does not open the old key), and as Installer.
core::Result<void> make_new_authority(RotateRun& run);

}  // namespace wxsec::certs
