#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>
#include <encode/encode_error.hpp>
#include <encode/table_plan.hpp>
#include <encode/text_buffer.hpp>
#include <event/change.hpp>
#include <event/record.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir::encode {

struct envelope_options {
  std::string name;        ///< topic prefix; becomes `source.name`
  std::string database;    ///< becomes `source.db`
  bool tombstones = true;  ///< a record without value after each delete, for compacted topics
};

/// One record that a change becomes. Views into the envelope.
struct encoded {
  std::optional<std::string_view> key;    ///< none: the table has no key
  std::optional<std::string_view> value;  ///< none: a tombstone
  std::uint32_t part = 0;                 ///< 0, 1, ...: event::position::part
  std::span<const event::header>
      headers;  ///< only what belongs to the format; position and run are the caller's
};

/// Debezium's envelope as JSON without schemas, with decimals as strings; NULL stays NULL and nothing that the
/// server did not send is invented. One pass from the wire's text into one buffer that is used again: no
/// allocation for a change once the buffer has its size. A buffer that a huge row has blown up shrinks with the
/// next change.
///
/// The result of `encode` and `encode_message` is valid until the next call of either. Both throw encode_error
/// for a change that cannot be encoded, and are as usable afterwards as before.
class envelope {
 public:
  explicit envelope(envelope_options options);

  /// A transaction was committed and `end` is COMMIT's end_lsn: `source.sequence` names it from now on. Told of
  /// every commit of the stream, whatever of it was encoded.
  void committed(lsn end);

  /// Insert, update, delete, truncate or snapshot read of the table that `plan` was made for.
  /// `now` becomes the outer `ts_*`.
  [[nodiscard]] std::span<const encoded> encode(const table_plan& plan, const event::change& what,
                                                wall_time now);

  /// A logical message (operation::message), transactional or not.
  [[nodiscard]] std::span<const encoded> encode_message(const event::change& what, wall_time now);

 private:
  envelope_options options_;
};

}  // namespace weir::encode
