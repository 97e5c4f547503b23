#include <event/position.hpp>

#include <charconv>

namespace weir::event {
namespace {

/// Takes the decimal number in front of the next slash (or of the end) off `text`.
template <class Number>
bool take_number(std::string_view& text, Number& into) {
  const auto field = text.substr(0, text.find('/'));
  const auto* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, into);
  if (error != std::errc{} || stop != end) return false;
  text.remove_prefix(std::min(text.size(), field.size() + 1));
  return true;
}

}  // namespace

std::optional<position> position::parse(std::string_view text) {
  position at;
  if (!take_number(text, at.timeline)) return std::nullopt;
  const auto slash = text.find('/');
  const auto end_of_lsn = slash == std::string_view::npos ? slash : text.find('/', slash + 1);
  if (end_of_lsn == std::string_view::npos) return std::nullopt;
  const auto commit = lsn::parse(text.substr(0, end_of_lsn));
  if (!commit) return std::nullopt;
  at.commit = *commit;
  text.remove_prefix(end_of_lsn + 1);
  if (!take_number(text, at.seq) || !take_number(text, at.part) || !text.empty()) return std::nullopt;
  return at;
}

}  // namespace weir::event
