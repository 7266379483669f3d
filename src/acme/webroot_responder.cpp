// http-01 by files: a web server that has port 80 already serves
// WEBROOT/.well-known/acme-challenge.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/acme/responder.h"

namespace wxsec::acme {
namespace {

class WebrootResponder final : public Responder {
 public:
  explicit WebrootResponder(core::Path folder) : folder_(std::move(folder)) {}
  WebrootResponder(const WebrootResponder&) = delete;
  WebrootResponder& operator=(const WebrootResponder&) = delete;
  ~WebrootResponder() override {
    for (const core::Path& file : files_) ::unlink(file.c_str());
    // Both only if they are empty: somebody else's challenges may be under way.
    ::rmdir(folder_.c_str());
    ::rmdir(folder_.parent_path().c_str());
  }

  core::Result<void> prepare(const std::string& /*name*/, const std::string& token,
                             const std::string& key_authorization) override {
    WXSEC_TRY(core::make_directories(folder_, 0755));
    const core::Path file = folder_ / token;  // base64url: no dot, no slash
    WXSEC_TRY(core::write_file_atomic(file, key_authorization, {0644, {}}));
    files_.push_back(file);
    return {};
  }

 private:
  core::Path folder_;
  std::vector<core::Path> files_;
};

}  // namespace

core::Result<std::unique_ptr<Responder>> open_webroot(const core::Path& webroot) {
  struct stat info {};
  if (::stat(webroot.c_str(), &info) != 0)
    return core::fail(core::system_error(errno, "use the web root", webroot));
  if (!S_ISDIR(info.st_mode))
    return core::fail(core::Code::usage, fmt::format("{} is no directory", webroot.string()),
                      "give the directory that the web server shows as /");
  return std::unique_ptr<Responder>(
      std::make_unique<WebrootResponder>(webroot / ".well-known" / "acme-challenge"));
}

}  // namespace wxsec::acme
