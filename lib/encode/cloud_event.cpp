#include <base/base.hpp>
#include <encode/cloud_event.hpp>
#include <encode/json_text.hpp>
#include <encode/record_origin.hpp>
#include <encode/source_block.hpp>

#include <fmt/format.h>

#include <chrono>
#include <iterator>

namespace weir::encode {
namespace {

/// RFC 3339 in UTC with milliseconds.
std::string time_text(wall_time at) {
  namespace chrono = std::chrono;
  const auto day = chrono::floor<chrono::days>(at);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss time{chrono::floor<chrono::milliseconds>(at - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int{date.year()}, unsigned{date.month()},
                     unsigned{date.day()}, time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

template <class Number>
void append_quoted_number(text_buffer& to, std::string_view before, Number number) {
  to.append(before);
  to.append("\"");
  append_number(to, number);
  to.append("\"");
}

}  // namespace

cloud_event::cloud_event(std::string_view name, std::string_view database, bool is_debezium)
    : name_(name), is_debezium_(is_debezium) {
  opening_ = ",\"source\":" + json_string(fmt::format("/debezium/postgresql/{}", name)) +
             R"(,"specversion":"1.0","type":"io.debezium.connector.postgresql.DataChangeEvent","time":")";
  head_ = "\",\"iodebeziumversion\":" + json_string(version) +
          ",\"iodebeziumconnector\":\"postgresql\",\"iodebeziumname\":" + json_string(name) +
          ",\"iodebeziumtsms\":\"";
  database_ = "\",\"iodebeziumdb\":" + json_string(database) + ",\"iodebeziumsequence\":";
}

std::string cloud_event::sequence(lsn at) const {
  const auto before = last_commit_.is_set() ? fmt::format("\"{}\"", last_commit_.value()) : std::string{"null"};
  return fmt::format("[{},\"{}\"]", before, at.value());
}

void cloud_event::append_opening(text_buffer& to, const event::change& what, event::operation op, wall_time now,
                                 std::uint32_t part, const std::optional<transaction_order>& order) const {
  const record_origin from = origin_of(what, now);
  // A row of a snapshot follows no commit.
  const auto after =
      what.snapshot == nullptr ? sequence(from.position) : fmt::format("[null,\"{}\"]", from.position.value());
  auto id = fmt::format("name:{};lsn:{};txId:{}", name_, from.position.value(),
                        from.xid ? std::to_string(*from.xid) : "null");
  if (is_debezium_) {
    id += ";sequence:" + after;
  } else {
    fmt::format_to(std::back_inserter(id), ";seq:{};part:{}",
                   what.snapshot == nullptr ? what.seq : what.snapshot->number, part);
  }
  to.append("{\"id\":");
  append_string(to, id);
  to.append(opening_);
  to.append(time_text(from.at));
  to.append(R"(","datacontenttype":"application/json","iodebeziumop":")");
  const char letter = static_cast<char>(op);
  to.append({&letter, 1});
  to.append(head_);
  append_milliseconds(to, from.at);
  to.append("\",\"iodebeziumsnapshot\":\"");
  to.append(from.snapshot);
  to.append(database_);
  append_string(to, after);
  to.append(",\"iodebeziumtsus\":\"");
  append_microseconds(to, from.at);
  to.append("\",\"iodebeziumtsns\":\"");
  append_nanoseconds(to, from.at);
  to.append("\",\"iodebeziumschema\":");
  append_string(to, what.table == nullptr ? std::string_view{} : std::string_view{what.table->schema});
  to.append(",\"iodebeziumtable\":");
  append_string(to, what.table == nullptr ? std::string_view{} : std::string_view{what.table->name});
  to.append(",\"iodebeziumtxId\":");
  if (from.xid) {
    append_quoted_number(to, "", *from.xid);
  } else {
    to.append("null");
  }
  append_quoted_number(to, ",\"iodebeziumlsn\":", from.position.value());
  to.append(",\"iodebeziumxmin\":null,\"iodebeziumorigin\":");
  if (from.origin.empty()) {
    to.append("null,\"iodebeziumoriginlsn\":null");
  } else {
    append_string(to, from.origin);
    append_quoted_number(to, ",\"iodebeziumoriginlsn\":", from.origin_lsn.value());
  }
  if (order) {
    to.append(",\"iodebeziumtxid\":");
    append_string(to, order->id);
    append_quoted_number(to, ",\"iodebeziumtxtotalorder\":", order->total_order);
    append_quoted_number(to, ",\"iodebeziumtxdatacollectionorder\":", order->data_collection_order);
  } else {
    to.append(
        ",\"iodebeziumtxid\":null,\"iodebeziumtxtotalorder\":null,\"iodebeziumtxdatacollectionorder\":null");
  }
  to.append(",\"data\":");
}

}  // namespace weir::encode
