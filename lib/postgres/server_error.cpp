#include <postgres/server_error.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace weir::postgres {
namespace {

struct rule {
  std::string_view prefix;  ///< of the SQLSTATE: a class or a whole code
  classification is;
};

constexpr std::array rules{
    rule{"28", {verdict::permanent, "authentication"}},      rule{"3D000", {verdict::permanent, "no_database"}},
    rule{"42501", {verdict::permanent, "permission"}},       rule{"57P03", {verdict::retry, "starting"}},
    rule{"53300", {verdict::retry, "too_many_connections"}}, rule{"55006", {verdict::retry, "slot_in_use"}},
    rule{"57P", {verdict::retry, "server_stopping"}},        rule{"53400", {verdict::retry, "server_limit"}},
    rule{"08", {verdict::retry, "connection_lost"}},
};

constexpr std::size_t sqlstate_length = 5;

bool is_sqlstate(std::string_view text) {
  return text.size() == sqlstate_length && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isdigit(c) != 0 || (c >= 'A' && c <= 'Z');
         });
}

/// Where the code of the verbose form `FATAL:  28P01: text` begins; npos when the form is another one.
std::size_t place_of_sqlstate(std::string_view message) {
  constexpr std::string_view before = ":  ";
  for (auto at = message.find(before); at != std::string_view::npos; at = message.find(before, at + 1)) {
    const auto code = message.substr(at + before.size(), sqlstate_length);
    const auto after = at + before.size() + sqlstate_length;
    if (is_sqlstate(code) && message.substr(after, 2) == ": ") return at + before.size();
  }
  return std::string_view::npos;
}

bool contains(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

/// What libpq itself refuses, or could not do, has no SQLSTATE.
classification classify_without_code(std::string_view message, bool needs_password) {
  if (needs_password || contains(message, "no password supplied"))
    return {verdict::permanent, "authentication"};
  if (contains(message, "SSL") || contains(message, "certificate")) return {verdict::retry, "tls"};
  if (contains(message, "is not in hot standby mode") || contains(message, "is in hot standby mode") ||
      contains(message, "session is read-only") || contains(message, "session is not read-only")) {
    return {verdict::retry, "no_suitable_host"};
  }
  if (contains(message, "invalid ") && contains(message, " value: "))
    return {verdict::permanent, "configuration"};
  return {verdict::retry, "unreachable"};
}

}  // namespace

classification classify(std::string_view sqlstate) {
  for (const auto& each : rules) {
    if (sqlstate.starts_with(each.prefix)) return each.is;
  }
  return {verdict::retry, "server_error"};
}

std::optional<std::string> sqlstate_of(std::string_view message) {
  const auto at = place_of_sqlstate(message);
  if (at == std::string_view::npos) return std::nullopt;
  return std::string{message.substr(at, sqlstate_length)};
}

std::string plain_message(std::string_view message) {
  std::string plain;
  while (!message.empty()) {
    const auto end = message.find('\n');
    auto line = message.substr(0, end);
    message = end == std::string_view::npos ? std::string_view{} : message.substr(end + 1);
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front())) != 0) line.remove_prefix(1);
    if (line.empty() || line.starts_with("LOCATION:")) continue;
    if (!plain.empty()) plain += "; ";
    const auto code = place_of_sqlstate(line);
    if (code == std::string_view::npos) {
      plain += line;
    } else {
      plain += line.substr(0, code);
      plain += line.substr(code + sqlstate_length + 2);
    }
  }
  return plain;
}

std::exception_ptr connect_failure(std::string_view message, bool needs_password) {
  const auto sentence = "PostgreSQL: " + plain_message(message);
  if (const auto code = sqlstate_of(message)) {
    const auto is = classify(*code);
    return std::make_exception_ptr(server_error{is.decision, std::string{is.reason}, sentence, *code});
  }
  const auto is = classify_without_code(message, needs_password);
  return std::make_exception_ptr(failure{is.decision, std::string{is.reason}, sentence});
}

}  // namespace weir::postgres
