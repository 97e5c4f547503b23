#pragma once

#include <base/failure.hpp>
#include <pgoutput/decoder.hpp>

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Messages of pgoutput, written byte by byte as PostgreSQL documents them.
namespace weir::pgoutput::wire {

/// Appends in network byte order.
class writer {
 public:
  explicit writer(char kind) { letter(kind); }

  writer& letter(char value) {
    bytes_.push_back(value);
    return *this;
  }
  writer& u8(std::uint8_t value) { return letter(static_cast<char>(value)); }
  writer& u16(std::uint16_t value) { return number(value, 2); }
  writer& u32(std::uint32_t value) { return number(value, 4); }
  writer& u64(std::uint64_t value) { return number(value, 8); }
  writer& string(std::string_view value) {
    bytes_.append(value);
    return letter('\0');
  }
  writer& raw(std::string_view value) {
    bytes_.append(value);
    return *this;
  }

  [[nodiscard]] std::string done() const { return bytes_; }

 private:
  writer& number(std::uint64_t value, int size) {
    for (int n = size - 1; n >= 0; --n) letter(static_cast<char>(value >> (8 * n) & 0xFFU));
    return *this;
  }

  std::string bytes_;
};

inline constexpr lsn commit_lsn{0x16B374D848ULL};
inline constexpr lsn end_lsn{0x16B374D878ULL};
inline constexpr lsn row_lsn{0x16B374D000ULL};
inline constexpr std::uint64_t commit_time = 768'000'000'000'000;  // 2024-05-02 21:20:00 UTC, from 2000
inline constexpr std::uint32_t orders = 16384;
inline constexpr std::uint32_t lines = 16390;

/// A column's value: text, "\0" for NULL (see `null`), or unchanged.
struct cell {
  char kind = 't';
  std::string_view text;

  cell(const char* of) : text(of) {}  // NOLINT(google-explicit-constructor): rows read as lists of values
  explicit cell(char without_text) : kind(without_text) {}
};
inline const cell null{'n'};
inline const cell unchanged{'u'};
using cells = std::initializer_list<cell>;

inline std::string begin(lsn final = commit_lsn, std::uint32_t xid = 779) {
  return writer{'B'}.u64(final.value()).u64(commit_time).u32(xid).done();
}
inline std::string commit(lsn at = commit_lsn, lsn end = end_lsn, std::uint8_t flags = 0) {
  return writer{'C'}.u8(flags).u64(at.value()).u64(end.value()).u64(commit_time).done();
}
inline std::string origin(lsn at, std::string_view name) {
  return writer{'O'}.u64(at.value()).string(name).done();
}
inline std::string type(std::uint32_t oid, std::string_view schema, std::string_view name) {
  return writer{'Y'}.u32(oid).string(schema).string(name).done();
}

struct column {
  std::string_view name;
  std::uint32_t type;
  std::uint8_t flags = 0;
  std::int32_t modifier = -1;
};
inline std::string relation(std::uint32_t oid, std::string_view name, std::initializer_list<column> columns,
                            char identity = 'd', std::string_view schema = "public") {
  writer to{'R'};
  to.u32(oid).string(schema).string(name).letter(identity).u16(static_cast<std::uint16_t>(columns.size()));
  for (const auto& each : columns) {
    to.u8(each.flags).string(each.name).u32(each.type).u32(static_cast<std::uint32_t>(each.modifier));
  }
  return to.done();
}
/// orders (id int key, name text, price numeric(10, 2)).
inline std::string relation_orders(char identity = 'd') {
  return relation(orders, "orders", {{"id", 23, 1}, {"name", 25}, {"price", 1700, 0, 655366}}, identity);
}

inline writer& put(writer& to, cells row) {
  to.u16(static_cast<std::uint16_t>(row.size()));
  for (const auto& each : row) {
    to.letter(each.kind);
    if (each.kind == 't') to.u32(static_cast<std::uint32_t>(each.text.size())).raw(each.text);
  }
  return to;
}
inline std::string insert(std::uint32_t oid, cells row) {
  writer to{'I'};
  to.u32(oid).letter('N');
  return put(to, row).done();
}
inline std::string update(std::uint32_t oid, cells row) {
  writer to{'U'};
  to.u32(oid).letter('N');
  return put(to, row).done();
}
inline std::string update(std::uint32_t oid, char mark, cells old, cells row) {
  writer to{'U'};
  put(to.u32(oid).letter(mark), old).letter('N');
  return put(to, row).done();
}
inline std::string remove(std::uint32_t oid, char mark, cells old) {
  writer to{'D'};
  to.u32(oid).letter(mark);
  return put(to, old).done();
}
inline std::string truncate(std::initializer_list<std::uint32_t> oids, std::uint8_t options = 0) {
  writer to{'T'};
  to.u32(static_cast<std::uint32_t>(oids.size())).u8(options);
  for (const auto oid : oids) to.u32(oid);
  return to.done();
}
inline std::string message(bool transactional, lsn at, std::string_view prefix, std::string_view content) {
  return writer{'M'}
      .u8(transactional ? 1 : 0)
      .u64(at.value())
      .string(prefix)
      .u32(static_cast<std::uint32_t>(content.size()))
      .raw(content)
      .done();
}

/// The bytes at a place of their own, so that the address sanitizer sees a read past their end.
class exact {
 public:
  explicit exact(std::string_view of) : size_(of.size()), bytes_(std::make_unique<char[]>(size_)) {
    of.copy(bytes_.get(), size_);
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

/// Defines the table and adopts it as the wire tells it.
inline std::shared_ptr<const event::relation> define(decoder& by, const std::string& relation) {
  REQUIRE(by.decode(relation, lsn{}).is == step::kind::announced);
  return by.adopt();
}

/// What the failure of `decoding` says; fails when there is none or another one than a protocol error.
template <class Decoding>
std::string refusal_of(Decoding decoding) {
  try {
    decoding();
  } catch (const failure& refused) {
    CHECK(refused.decision() == verdict::corrupt);
    CHECK(refused.reason() == "protocol");
    return refused.what();
  }
  FAIL_CHECK("nothing was refused");
  return {};
}

}  // namespace weir::pgoutput::wire
