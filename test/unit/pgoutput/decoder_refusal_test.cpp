#include "wire.hpp"

#include <catch2/matchers/catch_matchers_string.hpp>
#include <stdexcept>
#include <vector>

using namespace weir;
using namespace weir::pgoutput;
using Catch::Matchers::ContainsSubstring;
using wire::writer;

namespace {

enum class where { outside, inside };

/// A decoder that knows `orders` and stands where the message belongs.
void bring(decoder& by, where to) {
  wire::define(by, wire::relation_orders());
  if (to == where::inside) (void)by.decode(wire::begin(), wire::row_lsn);
}

/// What the decoder says when `message` comes where it stands.
std::string refused(std::string_view message, where at = where::inside) {
  decoder by{1};
  bring(by, at);
  const wire::exact bytes{message};
  return wire::refusal_of([&] { (void)by.decode(bytes.view(), wire::row_lsn); });
}

struct example {
  std::string bytes;
  where belongs = where::inside;
};

/// One valid message of every shape.
std::vector<example> every_message() {
  return {
      {wire::begin(), where::outside},
      {wire::commit()},
      {wire::origin(lsn{5}, "upstream")},
      {wire::relation(wire::lines, "lines", {{"id", 23, 1}, {"b", 25}})},
      {wire::type(90'000, "public", "mood")},
      {wire::insert(wire::orders, {"1", wire::null, "longer text"})},
      {wire::update(wire::orders, {"1", wire::unchanged, "3"})},
      {wire::update(wire::orders, 'K', {"1", wire::null, wire::null}, {"2", "b", "3"})},
      {wire::update(wire::orders, 'O', {"1", "a", "2"}, {"1", "b", wire::null})},
      {wire::remove(wire::orders, 'K', {"1", wire::null, wire::null})},
      {wire::remove(wire::orders, 'O', {"1", "a", "2"})},
      {wire::truncate({wire::orders, wire::orders}, 3)},
      {wire::message(true, lsn{7}, "prefix", "content")},
      {wire::message(false, lsn{7}, "prefix", "content"), where::outside},
  };
}

}  // namespace

TEST_CASE("every message is understood whole and refused when cut at any byte") {
  for (const auto& [bytes, belongs] : every_message()) {
    decoder by{1};
    bring(by, belongs);
    CHECK_NOTHROW((void)by.decode(wire::exact{bytes}.view(), wire::row_lsn));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      INFO("first " << size << " bytes of " << bytes.front());
      CHECK_THAT(refused(std::string_view{bytes}.substr(0, size), belongs), ContainsSubstring("are left"));
    }
  }
}

TEST_CASE("every message is refused when bytes follow") {
  for (const auto& [bytes, belongs] : every_message()) {
    INFO(bytes.front());
    CHECK_THAT(refused(bytes + "xyz", belongs), ContainsSubstring("3 bytes follow after its end"));
  }
}

TEST_CASE("a refusal names the LSN, the kind of message, the offset and what was wrong") {
  const auto cut = wire::insert(wire::orders, {"1", "name", "2"});
  const auto said = refused(std::string_view{cut}.substr(0, 22));
  CHECK_THAT(said, ContainsSubstring("an INSERT message ('I') at 16/B374D000"));
  CHECK_THAT(said, ContainsSubstring("offset 19 of 22: a value needs 4 bytes and 3 are left"));
}

TEST_CASE("a message that comes without an LSN is refused with the LSN of its transaction") {
  decoder by{1};
  bring(by, where::inside);
  CHECK_THAT(wire::refusal_of([&] { (void)by.decode("R", lsn{}); }), ContainsSubstring("at 16/B374D848"));
}

TEST_CASE("a value that announces more bytes than any message holds is refused") {
  const auto huge = writer{'I'}.u32(wire::orders).letter('N').u16(3).letter('t').u32(UINT32_MAX).done();
  CHECK_THAT(refused(huge), ContainsSubstring("needs 4294967295 bytes and 0 are left"));
}

TEST_CASE("messages of streamed and prepared transactions are refused as not asked for") {
  for (const char kind : std::string_view{"SEcAbPKrp"}) {
    CHECK_THAT(refused(std::string(1, kind) + std::string(40, '\0')),
               ContainsSubstring("streamed or prepared transactions, which were not asked for"));
  }
}

TEST_CASE("every unknown kind of message is refused") {
  for (int kind = 0; kind < 256; ++kind) {
    const auto letter = static_cast<char>(kind);
    if (std::string_view{"BCORYIUDTMSEcAbPKrp"}.find(letter) != std::string_view::npos) continue;
    CHECK_THAT(refused(std::string(1, letter) + std::string(40, '\0')), ContainsSubstring("kind is byte"));
  }
}

TEST_CASE("a binary value is refused, and so is a value of an unknown kind") {
  const auto head = writer{'I'}.u32(wire::orders).letter('N').u16(3).done();
  CHECK_THAT(refused(head + "b" + std::string(20, '\0')), ContainsSubstring("binary form although text"));
  CHECK_THAT(refused(head + "x" + std::string(20, '\0')), ContainsSubstring("kind is byte 120"));
}

TEST_CASE("rows of a table that this connection did not define are refused") {
  for (const auto& message : {wire::insert(999, {"1"}), wire::update(999, {"1"}), wire::remove(999, 'K', {"1"}),
                              wire::truncate({wire::orders, 999})}) {
    CHECK_THAT(refused(message), ContainsSubstring("table 999 was not defined on this connection"));
  }
}

TEST_CASE("a row with another number of columns than its table is refused with both numbers") {
  for (const auto& message : {wire::insert(wire::orders, {"1", "2"}), wire::update(wire::orders, {"1", "2"}),
                              wire::update(wire::orders, 'K', {"1", "2"}, {"1", "2", "3"}),
                              wire::update(wire::orders, 'O', {"1", "2", "3"}, {"1", "2"}),
                              wire::remove(wire::orders, 'O', {"1", "2"})}) {
    CHECK_THAT(refused(message),
               ContainsSubstring("a row of 2 columns for public.orders, which was defined with 3"));
  }
}

TEST_CASE("rows under an unknown mark are refused") {
  CHECK_THAT(refused(writer{'I'}.u32(wire::orders).letter('K').done()), ContainsSubstring("byte 75 where N"));
  CHECK_THAT(refused(writer{'U'}.u32(wire::orders).letter('X').done()), ContainsSubstring("where K, O and N"));
  CHECK_THAT(refused(writer{'D'}.u32(wire::orders).letter('N').done()), ContainsSubstring("byte 78"));
  const auto twice = writer{'U'}.u32(wire::orders).letter('K').u16(3).raw("nnnO").done();
  CHECK_THAT(refused(twice), ContainsSubstring("the new row is marked with byte 79"));
}

TEST_CASE("what belongs into a transaction is refused outside of one") {
  for (const auto& message :
       {wire::insert(wire::orders, {"1", "2", "3"}), wire::update(wire::orders, {"1", "2", "3"}),
        wire::remove(wire::orders, 'K', {"1", "2", "3"}), wire::truncate({wire::orders}), wire::commit(),
        wire::origin(lsn{1}, "o"), wire::message(true, lsn{1}, "p", "c")}) {
    CHECK_THAT(refused(message, where::outside), ContainsSubstring("no transaction is open"));
  }
}

TEST_CASE("BEGIN inside a transaction is refused with the LSN of the open one") {
  CHECK_THAT(refused(wire::begin()), ContainsSubstring("the transaction of 16/B374D848 is still open"));
}

TEST_CASE("BEGIN without a commit LSN is refused") {
  CHECK_THAT(refused(wire::begin(lsn{}), where::outside), ContainsSubstring("0/0"));
}

TEST_CASE("COMMIT of another LSN than BEGIN announced is refused with both") {
  CHECK_THAT(refused(wire::commit(lsn{0x16B374D849})),
             ContainsSubstring("it commits 16/B374D849 but BEGIN announced 16/B374D848"));
}

TEST_CASE("COMMIT with flags, or with an end that is not behind its start, is refused") {
  CHECK_THAT(refused(wire::commit(wire::commit_lsn, wire::end_lsn, 1)), ContainsSubstring("its flags are 0x1"));
  CHECK_THAT(refused(wire::commit(wire::commit_lsn, wire::commit_lsn)),
             ContainsSubstring("not after its start"));
}

TEST_CASE("a message outside of transactions is refused while one is open") {
  CHECK_THAT(refused(wire::message(false, lsn{1}, "p", "c")), ContainsSubstring("but one is open"));
}

TEST_CASE("unknown flags and options are refused") {
  CHECK_THAT(refused(writer{'M'}.u8(2).raw(std::string(20, '\0')).done()),
             ContainsSubstring("its flags are 0x2"));
  CHECK_THAT(refused(wire::truncate({wire::orders}, 4)), ContainsSubstring("its options are 0x4"));
  CHECK_THAT(refused(wire::truncate({})), ContainsSubstring("it names no table"));
  CHECK_THAT(refused(wire::relation(1, "t", {{"id", 23, 2}})), ContainsSubstring("a column's flags are 0x2"));
  CHECK_THAT(refused(wire::relation(1, "t", {}, 'x')), ContainsSubstring("the replica identity is byte 120"));
}

TEST_CASE("a new definition takes the old one away before it is adopted") {
  decoder by{1};
  bring(by, where::inside);
  (void)by.decode(wire::relation(wire::orders, "orders", {{"id", 23, 1}}), lsn{});
  CHECK(by.relations().find(wire::orders) == nullptr);
  CHECK_THROWS_AS(by.decode(wire::insert(wire::orders, {"1"}), wire::row_lsn), std::logic_error);
  by.adopt();
  CHECK_THROWS_AS(by.adopt(), std::logic_error);
  CHECK_NOTHROW((void)by.decode(wire::insert(wire::orders, {"1"}), wire::row_lsn));
}
