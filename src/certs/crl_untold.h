// DIR/crl-untold: crl.pem was replaced, and who reads it may not know. There from before the list
// is replaced until all services were told, so that neither a failed reload nor a killed run is
// forgotten: whoever goes on with the old list refuses everybody when that one runs out.
#pragma once

#include "lib/core/result.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

bool is_list_untold(const Layout& layout);
// On the disk when it returns. Fails as core::write_file_atomic().
core::Result<void> note_list_untold(const Layout& layout);
// Where that fails, or is lost with the power, they are told once too often.
void note_list_told(const Layout& layout);

}  // namespace wxsec::certs
