#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>
#include <encode/cloud_event.hpp>
#include <encode/encode_error.hpp>
#include <encode/source_block.hpp>
#include <encode/table_plan.hpp>
#include <encode/text_buffer.hpp>
#include <encode/transaction_order.hpp>
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
  /// Debezium's context headers on the records of rows, and its ids of CloudEvents.
  bool is_debezium = false;
};

/// One record that a change becomes. Views into the envelope.
struct encoded {
  std::optional<std::string_view> key;    ///< none: the plan has no key, or the change has no row
  std::optional<std::string_view> value;  ///< none: a tombstone
  std::uint32_t part = 0;                 ///< 0, 1, ...: event::position::part
  std::span<const event::header>
      headers;  ///< only what belongs to the format; position and run are the caller's
};

/// Debezium's envelope as JSON, or what a plan's format makes of it; NULL stays NULL and nothing that the
/// server did not send is invented, unless the plan's modes ask for it. One pass from the wire's text into one
/// buffer that is used again: no allocation for a change once the buffer has its size. A buffer that a huge row
/// has blown up shrinks with the next change.
///
/// An update that changes the key is a delete and a tombstone under the old key and a create under the new one.
/// Tombstones go only where the key tells rows apart: a key of fewer columns than the table's own would bury
/// other rows. An old key that is needed (a delete, a key of which a part is seen to change) and that the
/// replica identity does not cover makes encode_error. Where nothing that was sent says that the key changed,
/// an update is one record under its new key.
///
/// The formats: `debezium_schema` puts key and value beside their schemas, tombstones stay; `flat` is the new
/// row, of a delete what is known of the old one, of a truncate no column, and a logical message is as it is;
/// `cloudevents` holds `before` and `after` as its data, of a logical message `message`. What goes into headers
/// of a changed key is the key without schema.
///
/// The result of `encode`, `encode_value` and `encode_message` is valid until the next call of any. All throw
/// encode_error for a change that cannot be encoded, and are as usable afterwards as before.
class envelope {
 public:
  explicit envelope(envelope_options options);
  envelope(envelope&&) = default;
  envelope& operator=(envelope&&) = default;

  /// A transaction was committed and `end` is COMMIT's end_lsn: `source.sequence` names it from now on. Told of
  /// every commit of the stream, whatever of it was encoded.
  void committed(lsn end) {
    source_.committed(end);
    events_.committed(end);
    out_.clear();
  }

  /// Insert, update, delete, truncate or snapshot read of the table that `plan` was made for.
  /// `now` becomes the outer `ts_*`. Throws std::logic_error when `plan` is of another version of the table.
  /// `order` fills `transaction`, which is null otherwise: records that have a value take one number each, so
  /// the create of a changed key has the next.
  [[nodiscard]] std::span<const encoded> encode(const table_plan& plan, const event::change& what,
                                                wall_time now,
                                                const std::optional<transaction_order>& order = {});

  /// The same change as one envelope with the operation that it is: an update stays one whatever it changes,
  /// and there is neither key nor tombstone. For records that hold many changes. One number of `order`.
  [[nodiscard]] std::string_view encode_value(const table_plan& plan, const event::change& what, wall_time now,
                                              const std::optional<transaction_order>& order = {});

  /// A logical message (operation::message), transactional or not.
  [[nodiscard]] std::span<const encoded> encode_message(const event::change& what, wall_time now,
                                                        record_format format = record_format::debezium);

 private:
  /// A place in `out_`; views are made of it when nothing is appended any more.
  struct place {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t payload = 0;  ///< of a key: where it begins without its schema
    std::size_t payload_end = 0;
  };
  using maybe_place = std::optional<place>;

  void start(wall_time now, const std::optional<transaction_order>& order);
  void check(const table_plan& plan, const event::change& what) const;
  std::span<const encoded> encode_delete(const table_plan& plan, const event::change& what);
  std::span<const encoded> encode_key_change(const table_plan& plan, const event::change& what);

  maybe_place append_old_key(const table_plan& plan, const event::change& what);
  maybe_place append_new_key(const table_plan& plan, const event::change& what);
  maybe_place close_key(const table_plan& plan, std::size_t begin, std::size_t payload);
  place append_value(const table_plan& plan, const event::change& what, std::optional<event::row> before,
                     std::optional<event::row> after, event::operation op);
  void append_envelope(const table_plan& plan, const event::change& what, std::optional<event::row> before,
                       std::optional<event::row> after, event::operation op);
  void append_flat(const table_plan& plan, const event::change& what, std::optional<event::row> before,
                   std::optional<event::row> after, event::operation op);
  void append_event(const table_plan& plan, const event::change& what, std::optional<event::row> before,
                    std::optional<event::row> after, event::operation op);
  void append_message(const event::change& what, wall_time now);
  void append_order();
  void count_event();

  void append_row(const table_plan& plan, std::optional<event::row> maybe, event::row old,
                  event::old_row is = event::old_row::full);
  void append_columns(const table_plan& plan, event::row row, event::row old, event::old_row is);
  void require_utf8(const table_plan& plan, event::row row, std::size_t begin) const;
  void append_cell(const table_plan& plan, std::size_t index, const event::value& value, event::row old,
                   event::old_row is = event::old_row::full);
  void append_masked(const table_plan& plan, std::size_t index, const event::value& value, event::row old);

  void add(maybe_place key, maybe_place value, std::span<const event::header> headers = {});
  [[nodiscard]] std::span<const encoded> result() const { return {records_.data(), count_}; }
  [[nodiscard]] std::string_view view(place of) const { return out_.view(of.begin, of.end); }
  [[nodiscard]] std::string_view payload(place of) const { return out_.view(of.payload, of.payload_end); }
  [[nodiscard]] std::span<const event::header> context() const { return {context_.data(), context_size_}; }

  bool tombstones_;
  std::string name_;
  source_block source_;
  cloud_event events_;
  text_buffer out_;
  text_buffer closing_;  ///< `","ts_ms":...}`: changes of one batch share their `now`
  std::optional<wall_time> closing_is_of_;
  std::optional<transaction_order> order_;  ///< of the next event
  std::array<encoded, 3> records_;
  static constexpr std::size_t most_context_headers = 3;
  using header_list = std::array<event::header, 1 + most_context_headers>;
  header_list old_key_headers_;  ///< of records under the old one of two keys, and under the new one
  header_list new_key_headers_;
  std::array<event::header, most_context_headers> context_;
  std::size_t context_size_ = 0;
  std::size_t count_ = 0;
};

}  // namespace weir::encode
