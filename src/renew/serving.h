// Whether a certificate and its key are fit to be shown to clients now: asked by every server of
// ours before it starts, and before it takes over a renewed pair.
#pragma once

#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::certs {

// A pair that works gives warnings, mostly none: due for renewal, or a key that everybody on this
// machine may read. Fails with crypto where no client would take it (expired, not yet valid, a key
// that belongs to another certificate), and with not_found, permission or malformed; the hint is
// the command that mends it, where the files lie in a certificate directory.
core::Result<std::vector<std::string>> check_serving(const core::Path& certificate,
                                                     const core::Path& key, core::Instant now);

}  // namespace wxsec::certs
