#include <postgres/copy_text.hpp>

#include <fmt/format.h>

#include <cstring>

#include <base/failure.hpp>

namespace weir::postgres {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw failure{verdict::corrupt, "protocol",
                "PostgreSQL sent a row of a COPY that Weir does not understand: " + what};
}

/// What the server writes for the byte that it escapes.
char unescaped(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
      return '\\';
    default:
      refuse(fmt::format("a backslash before byte {}", static_cast<unsigned char>(letter)));
  }
}

char* find(char* from, const char* end, char what) {
  return static_cast<char*>(std::memchr(from, what, static_cast<std::size_t>(end - from)));
}

/// From the first backslash of a value on; what is written never overtakes what is read.
std::string_view unescape(char* begin, char* escape, char* end) {
  char* to = escape;
  char* from = escape;
  while (from != nullptr) {
    if (from + 1 == end) refuse("a backslash before nothing");
    *to++ = unescaped(from[1]);
    from += 2;
    char* next = find(from, end, '\\');
    const auto plain = static_cast<std::size_t>((next != nullptr ? next : end) - from);
    std::memmove(to, from, plain);
    to += plain;
    from = next;
  }
  return {begin, static_cast<std::size_t>(to - begin)};
}

event::value value_of(char* begin, char* end) {
  constexpr std::string_view null = "\\N";
  char* escape = find(begin, end, '\\');
  if (escape == nullptr) {
    return {event::value::state::text, {begin, static_cast<std::size_t>(end - begin)}};
  }
  if (std::string_view{begin, static_cast<std::size_t>(end - begin)} == null) return {};
  return {event::value::state::text, unescape(begin, escape, end)};
}

}  // namespace

void read_copied_row(std::span<char> line, std::size_t columns, std::vector<event::value>& into) {
  into.clear();
  char* at = line.data();
  char* end = at + line.size();
  if (at != end && end[-1] == '\n') --end;
  if (columns == 0) {
    if (at != end) refuse("a value of a table without columns");
    return;
  }
  if (at != end && find(at, end, '\n') != nullptr) refuse("a line end inside of it");
  while (true) {
    char* tab = at != end ? find(at, end, '\t') : nullptr;
    if (into.size() == columns) refuse(fmt::format("more than {} columns", columns));
    into.push_back(at != end ? value_of(at, tab != nullptr ? tab : end)
                             : event::value{event::value::state::text, {}});
    if (tab == nullptr) break;
    at = tab + 1;
  }
  if (into.size() != columns) refuse(fmt::format("{} columns where {} were asked for", into.size(), columns));
}

}  // namespace weir::postgres
