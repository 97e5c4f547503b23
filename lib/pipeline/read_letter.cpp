#include <pipeline/read_letter.hpp>

#include <pipeline/dead_letters.hpp>

#include <algorithm>
#include <charconv>

namespace weir::pipeline {
namespace {

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && stopped == end;
}

/// False: its value is none for that name.
bool take_own(const event::header& from, read_letter& into) {
  if (from.name == first_letter_header) into.code = from.value;
  if (from.name == "weir.error") into.sentence = from.value;
  if (from.name == "weir.listener") into.listener = from.value;
  if (from.name == "weir.target") into.target = from.value;
  if (from.name == "weir.topic") into.topic = from.value;
  if (from.name == "weir.content") into.holds_raw_row = from.value == "raw_row";
  if (from.name == "weir.time") return read_number(from.value, into.time_ms);
  if (from.name == "weir.partition_hash") return read_number(from.value, into.partition_hash.emplace());
  if (from.name == "weir.part") return read_number(from.value, into.part);
  if (from.name == "weir.parts") return read_number(from.value, into.parts);
  return true;
}

bool is_among(std::string_view one, const std::vector<std::string>& wanted) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), one) != wanted.end();
}

}  // namespace

std::optional<read_letter> read_letter_of(const event::record& what) {
  const auto all = what.headers;
  // From behind: the original may be a letter itself, of a topic that another weir reads.
  const auto last =
      std::find_if(all.rbegin(), all.rend(), [](const auto& each) { return each.name == first_letter_header; });
  if (last == all.rend()) return std::nullopt;
  const auto originals = static_cast<std::size_t>(all.rend() - last) - 1;
  read_letter made;
  made.headers = all.first(originals);
  for (const auto& each : made.headers) {
    if (each.name == "weir.position") made.position = each.value;
    if (each.name == "weir.run") made.run = each.value;
  }
  for (const auto& each : all.subspan(originals)) {
    if (!take_own(each, made)) return std::nullopt;
  }
  if (made.code == encode_error_code) made.holds_raw_row = true;
  if (made.topic.empty() || made.part == 0 || made.part > made.parts) return std::nullopt;
  if (made.parts > 1 && !what.value) return std::nullopt;
  made.key = what.key;
  made.value = what.value;
  return made;
}

bool letter_filter::takes(const read_letter& which) const {
  return is_among(which.target, targets) && is_among(which.listener, listeners) &&
         is_among(which.code, codes) && is_among(which.topic, topics) &&
         (!since_ms || which.time_ms >= *since_ms) && (!until_ms || which.time_ms <= *until_ms);
}

}  // namespace weir::pipeline
