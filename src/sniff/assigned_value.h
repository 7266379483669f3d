// What stands behind "password = ", with blanks around the sign, as settings and programs have it.
#pragma once

#include <string_view>

namespace wxsec::sniff {

enum class Assigned {
  setting,   // a value as weewx.conf and INI files have it: the secret itself
  doubtful,  // may be either
  program,   // strtok(buffer, " "), os.environ['KEY']
};

// `name` is a secret's, `value` is without blanks around it.
Assigned assigned(std::string_view name, std::string_view value);

}  // namespace wxsec::sniff
