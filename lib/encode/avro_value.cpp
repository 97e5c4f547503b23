#include <encode/avro_value.hpp>

#include <encode/base64.hpp>
#include <encode/encode_error.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace weir::encode {
namespace {

namespace dom = simdjson::dom;
using kind = connect_schema::kind;

/// The memory for a huge row is given back with the next one.
constexpr std::size_t kept_capacity = std::size_t{1} << 20U;

void append_long(std::string& to, std::int64_t number) {
  auto bits = (static_cast<std::uint64_t>(number) << 1U) ^ static_cast<std::uint64_t>(number >> 63);
  while (bits >= 0x80U) {
    to += static_cast<char>((bits & 0x7FU) | 0x80U);
    bits >>= 7U;
  }
  to += static_cast<char>(bits);
}

template <class Bits>
void append_little_endian(std::string& to, Bits bits) {
  for (std::size_t n = 0; n < sizeof bits; ++n) to += static_cast<char>((bits >> (8U * n)) & 0xFFU);
}

/// What does not fit. Fields are added to its path on the way out.
struct misfit {
  std::string path;
  std::string complaint;
};

[[noreturn]] void refuse(std::string complaint) { throw misfit{{}, std::move(complaint)}; }

template <class T>
T expect(const dom::element& from, std::string_view what) {
  T value;
  if (from.get(value) != simdjson::SUCCESS) refuse(fmt::format("its JSON is not {}", what));
  return value;
}

template <class Number>
std::int64_t integer_of(const dom::element& from) {
  using limits = std::numeric_limits<Number>;
  const auto number = expect<std::int64_t>(from, "a whole number of 64 bits");
  if (number < limits::min() || number > limits::max()) {
    refuse(fmt::format("its number is not between {} and {}", limits::min(), limits::max()));
  }
  return number;
}

/// JSON has no word for what is not finite: the converters write it as text.
double real(const dom::element& from) {
  if (!from.is_string()) return expect<double>(from, "a number");
  const auto text = expect<std::string_view>(from, "a number");
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  refuse("its text is no number");
}

float single(double number) {
  const auto made = static_cast<float>(number);
  if (std::isinf(made) && !std::isinf(number)) refuse("its number does not fit into 32 bits");
  return made;
}

class binary_writer {
 public:
  explicit binary_writer(std::string& to, std::string& scratch) : to_(to), scratch_(scratch) {}

  void append(const connect_schema& by, const dom::element& from) {
    const bool is_null = from.is_null();
    if (by.is_optional) {
      // The branch that the default belongs to is the first one.
      const std::int64_t value_at = by.default_json ? 0 : 1;
      append_long(to_, is_null ? 1 - value_at : value_at);
      if (is_null) return;
    } else if (is_null) {
      refuse("it is null and must not be");
    }
    append_there(by, from);
  }

 private:
  void append_there(const connect_schema& by, const dom::element& from) {
    switch (by.is) {
      case kind::int8:
        return append_long(to_, integer_of<std::int8_t>(from));
      case kind::int16:
        return append_long(to_, integer_of<std::int16_t>(from));
      case kind::int32:
        return append_long(to_, integer_of<std::int32_t>(from));
      case kind::int64:
        return append_long(to_, integer_of<std::int64_t>(from));
      case kind::float32:
        return append_little_endian(to_, std::bit_cast<std::uint32_t>(single(real(from))));
      case kind::float64:
        return append_little_endian(to_, std::bit_cast<std::uint64_t>(real(from)));
      case kind::boolean:
        to_ += expect<bool>(from, "true or false") ? '\1' : '\0';
        return;
      case kind::string:
        return append_avro_string(to_, expect<std::string_view>(from, "a text"));
      case kind::bytes:
        return append_bytes(from);
      case kind::array:
        return append_array(by, from);
      case kind::map:
        return append_map(by, from);
      case kind::structure:
        return append_record(by, from);
    }
  }

  void append_bytes(const dom::element& from) {
    scratch_.clear();
    if (!append_bytes_of_base64(scratch_, expect<std::string_view>(from, "a text"))) {
      refuse("its text is no base64");
    }
    append_avro_string(to_, scratch_);
  }

  /// One block, and the end of blocks. The count stands in front of its items.
  void append_count(std::size_t count) {
    if (count > 0) append_long(to_, static_cast<std::int64_t>(count));
  }
  void end_blocks() { append_long(to_, 0); }

  void append_array(const connect_schema& by, const dom::element& from) {
    const auto items = expect<dom::array>(from, "an array");
    // Its own count of a long array has an upper limit.
    std::size_t count = 0;
    for (auto each = items.begin(); each != items.end(); ++each) ++count;
    append_count(count);
    for (const auto each : items) append(*by.items, each);
    end_blocks();
  }

  void append_map(const connect_schema& by, const dom::element& from) {
    const auto entries = expect<dom::object>(from, "an object");
    std::size_t count = 0;
    for (auto each = entries.begin(); each != entries.end(); ++each) ++count;
    append_count(count);
    for (const auto each : entries) {
      append_avro_string(to_, each.key);
      append(*by.items, each.value);
    }
    end_blocks();
  }

  /// The envelope's fields stand in the order of the schema, so the next one is nearly always the right one.
  void append_record(const connect_schema& by, const dom::element& from) {
    const auto object = expect<dom::object>(from, "an object");
    auto next = object.begin();
    std::size_t used = 0;
    for (const auto& field : by.fields) {
      if (next != object.end() && next.key() == field.name) {
        append_field(field, next.value());
        ++next;
        ++used;
      } else if (dom::element found; object.at_key(field.name).get(found) == simdjson::SUCCESS) {
        append_field(field, found);
        ++used;
      } else {
        append_absent(field);
      }
    }
    std::size_t there = 0;
    for (auto each = object.begin(); each != object.end(); ++each) ++there;
    if (there != used) refuse("it has fields that its schema has not");
  }

  void append_field(const connect_schema::field& by, const dom::element& from) {
    try {
      append(by.schema, from);
    } catch (misfit& why) {
      extend(why, by.name);
      throw;
    }
  }

  void append_absent(const connect_schema::field& by) {
    if (!by.schema.is_optional) throw misfit{by.name, "it is missing"};
    append_long(to_, by.schema.default_json ? 1 : 0);
  }

  static void extend(misfit& of, const std::string& name) {
    of.path = of.path.empty() ? name : name + "." + of.path;
  }

  std::string& to_;
  std::string& scratch_;
};

}  // namespace

struct avro_value::parts {
  dom::parser parser;
  std::vector<char> padded;  ///< the parser reads beyond the end of what it is given
  std::string scratch;
};

avro_value::avro_value() : parts_(std::make_unique<parts>()) {}
avro_value::~avro_value() = default;
avro_value::avro_value(avro_value&&) noexcept = default;
avro_value& avro_value::operator=(avro_value&&) noexcept = default;

void avro_value::append(std::string& to, const connect_schema& by, std::string_view json,
                        const std::string& table) {
  if (parts_->padded.size() > kept_capacity && json.size() < kept_capacity / 2)
    parts_ = std::make_unique<parts>();
  auto& my = *parts_;
  if (my.padded.size() < json.size() + simdjson::SIMDJSON_PADDING) {
    my.padded.resize(json.size() + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(my.padded.data(), json.data(), json.size());
  try {
    dom::element root;
    const auto error = my.parser.parse(my.padded.data(), json.size(), false).get(root);
    if (error != simdjson::SUCCESS) {
      refuse(fmt::format("its JSON is broken: {}", simdjson::error_message(error)));
    }
    binary_writer{to, my.scratch}.append(by, root);
  } catch (const misfit& why) {
    throw encode_error(table, why.path, "in Avro: " + why.complaint);
  }
}

void append_avro_frame(std::string& to, std::uint32_t schema_id) {
  to += '\0';
  for (unsigned shift = 32; shift > 0; shift -= 8) to += static_cast<char>((schema_id >> (shift - 8)) & 0xFFU);
}

void append_avro_string(std::string& to, std::string_view text) {
  append_long(to, static_cast<std::int64_t>(text.size()));
  to += text;
}

}  // namespace weir::encode
