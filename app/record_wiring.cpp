#include "record_wiring.hpp"

#include <utility>
#include <vector>

namespace weir::app {
namespace {

encode::decimal_mode mode_of(config::decimal_kind which) {
  switch (which) {
    case config::decimal_kind::precise:
      return encode::decimal_mode::precise;
    case config::decimal_kind::real_number:
      return encode::decimal_mode::real_number;
    case config::decimal_kind::string:
      return encode::decimal_mode::string;
  }
  return encode::decimal_mode::string;
}

encode::time_mode mode_of(config::time_kind which) {
  switch (which) {
    case config::time_kind::adaptive:
      return encode::time_mode::adaptive;
    case config::time_kind::adaptive_time_microseconds:
      return encode::time_mode::adaptive_time_microseconds;
    case config::time_kind::connect:
      return encode::time_mode::connect;
    case config::time_kind::isostring:
      return encode::time_mode::isostring;
    case config::time_kind::microseconds:
      return encode::time_mode::microseconds;
    case config::time_kind::nanoseconds:
      return encode::time_mode::nanoseconds;
  }
  return encode::time_mode::adaptive;
}

encode::binary_mode mode_of(config::binary_kind which) {
  switch (which) {
    case config::binary_kind::bytes:
      return encode::binary_mode::bytes;
    case config::binary_kind::base64:
      return encode::binary_mode::base64;
    case config::binary_kind::base64_url_safe:
      return encode::binary_mode::base64_url_safe;
    case config::binary_kind::hex:
      return encode::binary_mode::hex;
  }
  return encode::binary_mode::bytes;
}

encode::unknown_mode mode_of(config::unknown_kind which) {
  switch (which) {
    case config::unknown_kind::text:
      return encode::unknown_mode::text;
    case config::unknown_kind::absent:
      return encode::unknown_mode::absent;
    case config::unknown_kind::binary:
      return encode::unknown_mode::binary;
  }
  return encode::unknown_mode::text;
}

std::vector<encode::column_pattern> patterns_of(const std::vector<config::text_at>& texts) {
  std::vector<encode::column_pattern> made;
  for (const auto& each : texts) made.emplace_back(each.text);
  return made;
}

encode::mask mask_of(const config::column_mask& of, const config::secret& salt) {
  switch (of.is) {
    case config::column_mask::kind::fixed:
      return encode::mask::fixed(of.text);
    case config::column_mask::kind::hash:
      return encode::mask::hashed(salt.read());
    case config::column_mask::kind::truncate:
      return encode::mask::truncated(of.length);
  }
  return encode::mask::fixed({});
}

}  // namespace

encode::record_format format_of(config::format which) {
  switch (which) {
    case config::format::debezium:
      return encode::record_format::debezium;
    case config::format::debezium_schema:
      return encode::record_format::debezium_schema;
    case config::format::flat:
      return encode::record_format::flat;
    case config::format::cloudevents:
      return encode::record_format::cloudevents;
    case config::format::avro:
      return encode::record_format::avro;
  }
  return encode::record_format::debezium;
}

encode::value_modes modes_of(const config::settings& with) {
  encode::value_modes modes;
  modes.decimals = mode_of(with.decimals);
  modes.times = mode_of(with.times);
  modes.binary = mode_of(with.binary);
  modes.intervals = with.intervals == config::interval_kind::numeric ? encode::interval_mode::numeric
                                                                     : encode::interval_mode::string;
  modes.hstore =
      with.hstore == config::hstore_kind::json ? encode::hstore_mode::json : encode::hstore_mode::map;
  modes.unknown = mode_of(with.unknown_types);
  modes.money_fraction_digits = static_cast<std::uint32_t>(with.money_fraction_digits);
  modes.unavailable = with.unavailable;
  modes.is_debezium = with.compat == config::compat_kind::debezium;
  return modes;
}

std::shared_ptr<const encode::column_choice> columns_of(const config::listener& of,
                                                        const config::secret& salt) {
  if (of.columns.takes_all()) return nullptr;
  std::vector<encode::column_choice::masked_columns> masks;
  for (const auto& each : of.columns.masks) masks.push_back({patterns_of(each.columns), mask_of(each, salt)});
  return std::make_shared<const encode::column_choice>(patterns_of(of.columns.include),
                                                       patterns_of(of.columns.exclude), std::move(masks));
}

std::string name_of(config::format which) {
  switch (which) {
    case config::format::debezium:
      return "debezium";
    case config::format::debezium_schema:
      return "debezium+schema";
    case config::format::flat:
      return "flat";
    case config::format::cloudevents:
      return "cloudevents";
    case config::format::avro:
      return "avro";
  }
  return {};
}

}  // namespace weir::app
