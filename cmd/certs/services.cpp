#include "cmd/certs/services.h"

#include "lib/core/time.h"
#include "src/renew/reload.h"

namespace wxsec::cmd {

void add_reloads(CLI::App& app, ServiceWords& words) {
  app.add_option(
         "--reload", words.reloads,
         "NAME=pid:N, NAME=pidfile:PATH, NAME=unit:UNIT or NAME=command:PROGRAM; repeatable")
      ->type_name("HOW");
}

void add_services(CLI::App& app, ServiceWords& words, const char* verify_help,
                  const char* verify_within) {
  words.verify_within = verify_within;
  add_reloads(app, words);
  app.add_option("--verify", words.verifies, verify_help)->type_name("WHERE");
  app.add_option("--verify-within", words.verify_within, "how long a service may take")
      ->default_str(verify_within)
      ->type_name("SPAN");
}

core::Result<Services> services_of(const ServiceWords& words) {
  Services services;
  services.verify_within = WXSEC_TRY(core::parse_duration(words.verify_within));
  for (const std::string& text : words.reloads)
    services.list.push_back(WXSEC_TRY(certs::parse_reload(text)));
  for (const std::string& text : words.verifies)
    services.list.push_back(WXSEC_TRY(certs::parse_served_at(text, services.verify_within)));
  return services;
}

}  // namespace wxsec::cmd
