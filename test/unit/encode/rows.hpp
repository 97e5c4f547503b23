#pragma once

#include <encode/envelope.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Tables, rows and changes in as few words as a test wants to read.
namespace weir::encode::rows {

namespace type {
inline constexpr std::uint32_t boolean = 16, bytea = 17, int8 = 20, int4 = 23, text = 25, float8 = 701;
inline constexpr std::uint32_t xml = 142, int4_array = 1007, timestamptz = 1184, numeric = 1700, uuid = 2950,
                               jsonb = 3802;
}  // namespace type

inline const event::value null{};
inline const event::value unchanged{event::value::state::unchanged, {}};
inline event::value text(std::string_view of) { return {event::value::state::text, of}; }

struct column {
  std::string name;
  std::uint32_t type = type::text;
  bool is_identity = false;
  std::int32_t modifier = -1;
};

inline event::relation table(std::vector<column> columns, std::vector<std::uint16_t> key,
                             std::string name = "t") {
  event::relation made;
  made.oid = 16'384;
  made.schema = "public";
  made.name = std::move(name);
  made.version = 7;
  for (const auto& each : columns) {
    made.columns.push_back({each.name, each.type, each.type, each.modifier, each.is_identity});
  }
  made.key = std::move(key);
  return made;
}

/// `t(id int primary key, name text, n int)` with the default replica identity.
inline event::relation people() { return table({{"id", type::int4, true}, {"name"}, {"n", type::int4}}, {0}); }

inline wall_time at(std::int64_t micros) { return wall_time(std::chrono::microseconds(micros)); }

inline const wall_time now = at(1'559'033'904'870'841);

inline event::transaction transaction() {
  event::transaction opened;
  opened.xid = 555;
  opened.timeline = 1;
  opened.final_lsn = lsn(24'023'200);
  opened.commit_time = at(1'559'033'904'863'123);
  return opened;
}

/// One change and everything that it points to.
struct change_of {
  event::transaction within = transaction();
  std::vector<event::value> before, after;
  event::change what;

  change_of(event::operation op, const event::relation& of, std::vector<event::value> old_row,
            std::vector<event::value> new_row, event::old_row before_is = event::old_row::none)
      : before(std::move(old_row)), after(std::move(new_row)) {
    what.op = op;
    what.within = &within;
    what.seq = 1;
    what.at = lsn(24'023'128);
    what.table = &of;
    what.before_is = before_is;
    what.before = before;
    what.after = after;
    what.timeline = 1;
  }
  change_of(const change_of&) = delete;
  change_of& operator=(const change_of&) = delete;
};

/// A copy of what an envelope returned, for changes that follow each other.
struct kept {
  std::optional<std::string> key, value;
  std::uint32_t part = 0;
  std::vector<std::pair<std::string, std::string>> headers;
};

inline std::vector<kept> keep(std::span<const encoded> records) {
  std::vector<kept> all;
  for (const encoded& each : records) {
    kept one;
    if (each.key) one.key = std::string(*each.key);
    if (each.value) one.value = std::string(*each.value);
    one.part = each.part;
    for (const auto& header : each.headers) one.headers.emplace_back(header.name, header.value);
    all.push_back(std::move(one));
  }
  return all;
}

inline std::vector<kept> encoded_by(envelope& by, const change_of& change) {
  return keep(by.encode(table_plan(*change.what.table), change.what, now));
}

/// The value that ends with everything of `source` and after it, as the first change of a stream has it.
inline std::string value(std::string_view before, std::string_view after, std::string_view op,
                         std::string_view name = "t") {
  return "{\"before\":" + std::string(before) + ",\"after\":" + std::string(after) +
         ",\"source\":{\"version\":\"" WEIR_VERSION
         "\",\"connector\":\"postgresql\",\"name\":\"srv\",\"ts_ms\":1559033904863,\"snapshot\":\"false\","
         "\"db\":\"shop\",\"sequence\":\"[null,\\\"24023128\\\"]\",\"ts_us\":1559033904863123,"
         "\"ts_ns\":1559033904863123000,\"schema\":\"public\",\"table\":\"" +
         std::string(name) +
         "\",\"txId\":555,\"lsn\":24023128,\"xmin\":null,\"origin\":null,\"origin_lsn\":null},"
         "\"transaction\":null,\"op\":\"" +
         std::string(op) +
         "\",\"ts_ms\":1559033904870,\"ts_us\":1559033904870841,\"ts_ns\":1559033904870841000}";
}

inline envelope_options options(bool tombstones = true) { return {"srv", "shop", tombstones}; }

}  // namespace weir::encode::rows
