#pragma once

#include <encode/cell.hpp>

#include <cstddef>

/// Writers of dates and times as ISO 8601. Years are astronomical (1 BC is 0000), signed beyond four digits.
namespace weir::encode {

/// What is written for the infinities, which ISO 8601 does not know.
enum class infinity_form : bool {
  word,       ///< PostgreSQL's
  far_moment  ///< Debezium's: what its driver's mark happens to be
};

/// `2016-11-04Z`, `13:51:30.5Z` and `2016-11-04T13:51:30.5Z`, with the server's digits.
[[nodiscard]] cell::writer iso_date_writer(infinity_form infinities);
[[nodiscard]] cell::writer iso_time_writer();
[[nodiscard]] cell::writer iso_timestamp_writer(infinity_form infinities);

/// Of timetz, in UTC: `11:51:30.5Z`. `wraps`: 24:00:00 is 00:00:00, as every other value beyond midnight is.
[[nodiscard]] cell::writer zoned_time_writer(bool wraps);

/// Of timestamptz, in UTC and with at least this many digits after the point: `2016-11-04T11:51:30.500000Z`.
/// The infinities stay the words that they are.
[[nodiscard]] cell::writer zoned_timestamp_writer(std::size_t digits);

}  // namespace weir::encode
