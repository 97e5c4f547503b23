#include <filter/json.hpp>
#include <filter/real_text.hpp>

#include <simdjson.h>

#include <charconv>
#include <string>
#include <vector>

namespace weir::filter {

namespace {

constexpr std::size_t deepest_document = 64;

namespace ondemand = simdjson::ondemand;

/// What `strtod` and the like make of a number that is not whole, or larger than 64 bits.
value number(std::string_view text) {
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\n' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto [stopped, failed] = std::from_chars(text.data(), end, whole);
      failed == std::errc{} && stopped == end) {
    return integer(whole);
  }
  std::uint64_t large = 0;
  if (const auto [stopped, failed] = std::from_chars(text.data(), end, large);
      failed == std::errc{} && stopped == end) {
    return unsigned_integer(large);
  }
  const auto read = parse_double(text);
  return read ? real(*read) : error(fault::out_of_range);
}

}  // namespace

struct json_reader::parts {
  ondemand::parser parser;
  std::string padded;
  std::vector<value> items;    ///< of the arrays that are open
  std::vector<entry> entries;  ///< of the objects that are open

  template <class Json>
  [[nodiscard]] value any(Json& from, arena& memory, work& budget, std::size_t depth);
  template <class Json>
  [[nodiscard]] value array(Json& from, arena& memory, work& budget, std::size_t depth);
  template <class Json>
  [[nodiscard]] value object(Json& from, arena& memory, work& budget, std::size_t depth);
};

namespace {

value kept_string(std::string_view text, arena& memory) {
  const std::string_view kept = memory.copy(text);
  return kept.data() == nullptr ? error(fault::too_much_memory) : string(kept);
}

}  // namespace

template <class Json>
value json_reader::parts::any(Json& from, arena& memory, work& budget, std::size_t depth) {
  if (depth > deepest_document) return error(fault::too_deep);
  if (!budget.take()) return error(fault::too_much_work);
  ondemand::json_type is{};
  if (from.type().get(is) != simdjson::SUCCESS) return error(fault::bad_column);
  switch (is) {
    case ondemand::json_type::array:
      return array(from, memory, budget, depth);
    case ondemand::json_type::object:
      return object(from, memory, budget, depth);
    case ondemand::json_type::number:
      if constexpr (std::is_same_v<Json, ondemand::document>) {
        std::string_view raw;
        return from.raw_json_token().get(raw) == simdjson::SUCCESS ? number(raw) : error(fault::bad_column);
      } else {
        return number(from.raw_json_token());
      }
    case ondemand::json_type::string: {
      std::string_view read;
      if (from.get_string().get(read) != simdjson::SUCCESS) return error(fault::bad_column);
      return budget.take_bytes(read.size()) ? kept_string(read, memory) : error(fault::too_much_work);
    }
    case ondemand::json_type::boolean: {
      bool read = false;
      return from.get_bool().get(read) == simdjson::SUCCESS ? boolean(read) : error(fault::bad_column);
    }
    case ondemand::json_type::null:
      return null_value();
  }
  return error(fault::bad_column);
}

template <class Json>
value json_reader::parts::array(Json& from, arena& memory, work& budget, std::size_t depth) {
  ondemand::array elements;
  if (from.get_array().get(elements) != simdjson::SUCCESS) return error(fault::bad_column);
  const std::size_t begin = items.size();
  for (auto element : elements) {
    ondemand::value each;
    if (element.get(each) != simdjson::SUCCESS) return error(fault::bad_column);
    const value read = any(each, memory, budget, depth + 1);
    if (read.is_error()) return read;
    items.push_back(read);
  }
  const std::size_t count = items.size() - begin;
  auto* const kept = memory.array<value>(count);
  if (kept == nullptr) return error(fault::too_much_memory);
  std::copy(items.begin() + static_cast<std::ptrdiff_t>(begin), items.end(), kept);
  items.resize(begin);
  return list(kept, static_cast<std::uint32_t>(count));
}

template <class Json>
value json_reader::parts::object(Json& from, arena& memory, work& budget, std::size_t depth) {
  ondemand::object fields;
  if (from.get_object().get(fields) != simdjson::SUCCESS) return error(fault::bad_column);
  const std::size_t begin = entries.size();
  for (auto field : fields) {
    std::string_view name;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS) return error(fault::bad_column);
    const value key = kept_string(name, memory);
    if (key.is_error()) return key;
    ondemand::value each;
    if (field.value().get(each) != simdjson::SUCCESS) return error(fault::bad_column);
    const value read = any(each, memory, budget, depth + 1);
    if (read.is_error()) return read;
    entries.push_back({key, read});
  }
  const std::size_t count = entries.size() - begin;
  auto* const kept = memory.array<entry>(count);
  if (kept == nullptr) return error(fault::too_much_memory);
  std::copy(entries.begin() + static_cast<std::ptrdiff_t>(begin), entries.end(), kept);
  entries.resize(begin);
  return map(kept, static_cast<std::uint32_t>(count));
}

json_reader::json_reader() = default;
json_reader::json_reader(json_reader&&) noexcept = default;
json_reader& json_reader::operator=(json_reader&&) noexcept = default;
json_reader::~json_reader() = default;

value json_reader::read(std::string_view text, arena& memory, work& budget) {
  if (!budget.take_bytes(text.size())) return error(fault::too_much_work);
  if (!parts_) parts_ = std::make_unique<parts>();
  parts_->items.clear();
  parts_->entries.clear();
  parts_->padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  parts_->padded.assign(text);
  ondemand::document document;
  const simdjson::padded_string_view padded(parts_->padded.data(), text.size(), parts_->padded.capacity());
  if (parts_->parser.iterate(padded).get(document) != simdjson::SUCCESS) return error(fault::bad_column);
  const value made = parts_->any(document, memory, budget, 1);
  constexpr std::size_t kept_size = 64UL * 1024;
  if (text.size() > kept_size) parts_.reset();
  return made;
}

}  // namespace weir::filter
