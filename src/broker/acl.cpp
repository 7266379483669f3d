// Mosquitto reads its list like this: a `pattern` line holds for everybody, with the client's user
// name in place of %u; a `topic` line holds for the user named above it. Everything that no line
// allows is refused. The user name is the certificate's common name (use_identity_as_username), so
// a station cannot speak as another one without that one's private key.
//
// SUBSCRIBE is granted whatever the list says; it is the delivery that is filtered. That is why a
// stranger's subscription to # looks like a success and yields nothing.
#include "src/broker/acl.h"

#include <fmt/core.h>

#include <string_view>

#include "src/weather/station.h"

namespace wxsec::broker {
namespace {

using core::Code;
using core::fail;
using core::Result;
using weather::Kind;

// A name that would put a wildcard or a further line into the list.
bool fits_a_line(std::string_view name) {
  if (name.empty() || name.front() == ' ' || name.back() == ' ') return false;
  return name.find_first_of("/+#") == std::string_view::npos &&
         std::string_view::npos ==
             name.find_first_of(std::string_view("\0\1\2\3\4\5\6\7\b\t\n\v\f\r\x0e\x0f\x7f", 17));
}

// The patterns hold for reader and operator as well: they must not pass for stations of their name.
std::string user_block(std::string_view name, std::string_view topics) {
  return fmt::format("\nuser {0}\ntopic deny wx/{0}/#\n{1}", name, topics);
}

}  // namespace

Result<std::string> acl_text(const Settings& settings) {
  for (const std::string& name : {settings.reader, settings.operator_name}) {
    if (!fits_a_line(name))
      return fail(Code::usage, fmt::format("'{}' cannot be a name in an access list", name),
                  "use letters, digits, hyphens and dots");
  }
  const auto own = [](Kind kind) { return weather::topic("%u", kind); };
  return fmt::format(
             "# Who may say and hear what. %u is the name in the client's certificate.\n"
             "# What no line allows is refused.\n\n"
             "# A station speaks for itself alone, and hears what is meant for it.\n"
             "pattern write {}\npattern write {}\npattern read {}\npattern read {}\n",
             own(Kind::reading), own(Kind::status), own(Kind::cmd), own(Kind::stored)) +
         user_block(settings.reader, fmt::format("topic read {}\ntopic read {}\ntopic write {}\n",
                                                 weather::topic_of_all(Kind::reading),
                                                 weather::topic_of_all(Kind::status),
                                                 weather::topic_of_all(Kind::stored))) +
         user_block(settings.operator_name, fmt::format("topic read wx/#\ntopic write {}\n",
                                                        weather::topic_of_all(Kind::cmd)));
}

}  // namespace wxsec::broker
