// The pages, one per file page_<topic>.cpp; topics.cpp lists them.
#pragma once

#include <string_view>

namespace wxsec::explain {

struct PageSource {
  std::string_view name;
  std::string_view title;
  std::string_view text;
};

PageSource page_mqtt_risks();
PageSource page_tls();
PageSource page_https();
PageSource page_certificates();
PageSource page_interception();
PageSource page_intrusion();
PageSource page_renewal();
PageSource page_lets_encrypt();
PageSource page_acme();

}  // namespace wxsec::explain
