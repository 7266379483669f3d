// Whether a service has read the file that it was told of. A SIGHUP only asks for it.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "lib/core/fd.h"
#include "lib/core/file.h"

namespace wxsec::certs {

class ReadWatch {
 public:
  // Sees from now on who reads in `folder`, and whether `file` of it. Never fails: where the kernel
  // does not tell, wait() waits out its time.
  ReadWatch(const core::Path& folder, std::string file);

  // Until the file was read and all has been quiet for a while, but for `within` at most.
  // True if it was read. Whoever reads it counts, so it is asked about one service at a time.
  bool wait(std::chrono::milliseconds within, const std::stop_token& stop);

 private:
  core::Fd events_;
  std::string file_;
};

}  // namespace wxsec::certs
