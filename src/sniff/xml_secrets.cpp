// Tags are looked for, their nesting is not: what stands between a tag and the end tag behind it is
// the value. A '<' that begins no tag is part of a value, which no XML may hold and somebody sends.
// What stands in comments and CDATA is scanned like a text of its own.
#include "src/sniff/xml_secrets.h"
#include "src/sniff/field_secret.h"

#include <algorithm>
#include <vector>

#include "src/sniff/secret_names.h"
#include "src/sniff/text_secrets.h"

namespace wxsec::sniff {
namespace {

constexpr auto kNone = std::string_view::npos;

std::string_view local_name(std::string_view name) {
  return name.substr(name.find(':') + 1);  // npos + 1 is 0
}

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

struct Tag {
  std::size_t at = 0;
  std::size_t end = 0;
};

bool begins_quoted(std::string_view text, std::size_t at) {
  while (at > 0 && is_blank(text[at - 1])) --at;
  return at > 0 && text[at - 1] == '=';
}

// Every '<', the last one first, with the '>' that ends it: or another '<' before that, or the end
// of the text. Those in quotes are part of an attribute, but a quote without a partner is a letter.
// Backwards it is one pass, whatever is quoted.
std::vector<Tag> find_tags(std::string_view text) {
  std::vector<Tag> out;
  std::size_t end = text.size();          // of a tag that goes on at `at`
  std::size_t quoted[] = {kNone, kNone};  // and of one that does so within quotes
  for (std::size_t at = text.size(); at-- > 0;) {
    const char c = text[at];
    if (c == '<') out.push_back({at, end});
    if (c == '<' || c == '>') end = at;
    if (c != '"' && c != '\'') continue;
    std::size_t& within = quoted[c == '"' ? 0 : 1];
    const std::size_t behind = end;
    if (within != kNone && begins_quoted(text, at)) end = within;
    within = behind;
  }
  return out;
}

class XmlScan {
 public:
  XmlScan(std::string_view text, bool inner, SecretsSeen& out)
      : text_(text), inner_(inner), tags_(find_tags(text)), out_(out) {}

  void run() {
    std::size_t at = 0;
    while ((at = text_.find('<', at)) != kNone) at = markup(at);
    if (begin_ != kNone) element(open_, text_.substr(begin_));  // cut
  }

 private:
  // Each gives the place to go on from.
  std::size_t markup(std::size_t at) {
    const std::string_view rest = text_.substr(at);
    if (rest.starts_with("</")) return end_tag(at);
    if (rest.starts_with("<![CDATA[")) return section(at, 9, "]]>");
    if (rest.starts_with("<!--")) return comment(at);
    return rest.size() > 1 && begins_name(rest[1]) ? start_tag(at) : at + 1;
  }
  // Sections do not nest, so everything is scanned twice at most.
  std::size_t section(std::size_t at, std::size_t head, std::string_view mark) const {
    if (inner_) return at + head;
    const std::size_t end = std::min(text_.find(mark, at + head), text_.size());
    XmlScan(text_.substr(at + head, end - at - head), true, out_).run();
    return std::min(end + mark.size(), text_.size());
  }
  std::size_t comment(std::size_t at) {
    const std::size_t end = section(at, 4, "-->");
    if (begin_ != kNone && trim_blanks(text_.substr(begin_, at - begin_)).empty()) begin_ = end;
    return end;
  }
  std::size_t end_tag(std::size_t at) {
    const std::size_t end = text_.find('>', at);
    if (end == kNone) return text_.size();
    const std::string_view name = local_name(trim_blanks(text_.substr(at + 2, end - at - 2)));
    if (begin_ != kNone) element(name, text_.substr(begin_, at - begin_));
    begin_ = kNone;
    return end + 1;
  }
  // One without others in it. XML-RPC and property lists name their values in the element before:
  // <name>password</name><value><string>x</string></value>.
  void element(std::string_view name, std::string_view content) {
    constexpr std::size_t kLongestName = 64;
    if (is_secret_name(name)) {
      value(name, content);
    } else if (!named_.empty() && holds_value(name)) {
      value(named_, content);
    }
    const std::string_view said = trim_blanks(content);
    const bool names = (name == "name" || name == "key") && said.size() <= kLongestName;
    named_ = names && is_secret_name(said) ? said : std::string_view();
  }
  static bool holds_value(std::string_view name) {
    return name == "value" || name == "string" || name == "int" || name == "i4";
  }
  std::size_t start_tag(std::size_t at) {
    const std::size_t end = tag_end(at);
    if (end < text_.size() && text_[end] == '<') return at + 1;
    const std::string_view tag = text_.substr(at + 1, end - at - 1);
    const std::size_t name = std::min(tag.find_first_of(" \t\r\n/"), tag.size());
    if (may_hold_secret_name(tag.substr(name))) attributes(tag, name);
    if (!tag.ends_with('/') && end < text_.size()) {
      open_ = local_name(tag.substr(0, name));
      begin_ = end + 1;
    }
    return std::min(end + 1, text_.size());
  }
  // For places in their order.
  std::size_t tag_end(std::size_t at) {
    while (tags_.back().at != at) tags_.pop_back();
    return tags_.back().end;
  }
  // No longer than any is: nobody may make us look back again and again.
  static std::string_view name_before(std::string_view tag, std::size_t equals) {
    constexpr std::size_t kLongest = 256;
    const std::size_t least = equals - std::min(equals, kLongest);
    const std::string_view before = trim_blanks(tag.substr(least, equals - least));
    return before.substr(before.find_last_of(" \t\r\n\"'") + 1);
  }
  void attributes(std::string_view tag, std::size_t at) {
    while ((at = tag.find('=', at)) != kNone) {
      const std::size_t equals = at;
      at = tag.find_first_not_of(" \t\r\n", at + 1);
      if (at == kNone) return;
      if (tag[at] != '"' && tag[at] != '\'') continue;
      const std::size_t end = std::min(tag.find(tag[at], at + 1), tag.size());
      attribute(name_before(tag, equals), tag.substr(at + 1, end - at - 1));
      at = end;
    }
  }
  // Attributes say much about secrets: <login password="required">.
  void attribute(std::string_view name, std::string_view said) {
    if (name.starts_with("xmlns") || !is_secret(local_name(name), said)) return;
    add_field(out_, "xml attribute", local_name(name), std::string(said), said);
  }
  void value(std::string_view name, std::string_view raw) {
    constexpr std::string_view kOpen = "<![CDATA[";
    constexpr std::string_view kClose = "]]>";
    if (const std::string_view data = trim_blanks(raw); data.starts_with(kOpen)) {
      raw = data.substr(kOpen.size());
      if (raw.ends_with(kClose)) raw.remove_suffix(kClose.size());
    }
    if (!is_setting(name, raw)) add_field(out_, "xml element", name, std::string(raw), raw);
  }

  std::string_view text_;
  bool inner_;             // within a comment or CDATA
  std::vector<Tag> tags_;  // that are still to come
  SecretsSeen& out_;
  std::string_view named_;     // the secret that the last element named
  std::string_view open_;      // the last start tag's name
  std::size_t begin_ = kNone;  // of what stands behind it
};

}  // namespace

void scan_xml(std::string_view text, SecretsSeen& out) {
  if (may_hold_secret_name(text)) XmlScan(text, false, out).run();
}

}  // namespace wxsec::sniff
