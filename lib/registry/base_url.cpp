#include <registry/base_url.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace weir::registry {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

constexpr std::string_view plain = "http://";
constexpr std::string_view encrypted = "https://";

}  // namespace

std::optional<base_url> base_url::parse(std::string_view text) {
  base_url made;
  made.is_encrypted = text.starts_with(encrypted);
  if (!made.is_encrypted && !text.starts_with(plain)) return std::nullopt;
  text.remove_prefix(made.is_encrypted ? encrypted.size() : plain.size());
  const auto slash = std::min(text.find('/'), text.size());
  made.path = text.substr(slash);
  while (made.path.ends_with('/')) made.path.pop_back();
  auto at = text.substr(0, slash);
  if (at.starts_with('[')) {
    const auto end = at.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    made.host = at.substr(1, end - 1);
    at.remove_prefix(end + 1);
  } else {
    const auto colon = std::min(at.find(':'), at.size());
    made.host = at.substr(0, colon);
    at.remove_prefix(colon);
  }
  made.port = made.is_encrypted ? "443" : "80";
  if (!at.empty()) {
    at.remove_prefix(1);
    if (at.empty() || !std::all_of(at.begin(), at.end(), is_digit)) return std::nullopt;
    made.port = at;
  }
  if (made.host.empty()) return std::nullopt;
  return made;
}

std::string base_url::authority() const {
  const auto shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (is_encrypted ? "443" : "80") ? shown : shown + ":" + port;
}

std::string base_url::text() const {
  return fmt::format("{}{}{}", is_encrypted ? encrypted : plain, authority(), path);
}

std::string path_segment(std::string_view text) {
  std::string made;
  for (const char c : text) {
    if (is_unreserved(c)) {
      made += c;
    } else {
      fmt::format_to(std::back_inserter(made), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return made;
}

}  // namespace weir::registry
