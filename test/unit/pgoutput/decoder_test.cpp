#include "wire.hpp"

#include <algorithm>
#include <vector>

using namespace weir;
using namespace weir::pgoutput;
using event::old_row;
using event::operation;
using state = event::value::state;

namespace {

/// A row for comparison: NULL is "-", unchanged is "~".
std::vector<std::string> shown(event::row of) {
  std::vector<std::string> all;
  for (const auto& value : of) {
    all.emplace_back(value.is == state::null ? "-" : value.is == state::unchanged ? "~" : value.text);
  }
  return all;
}
using row = std::vector<std::string>;

/// A decoder inside a transaction, with `orders` defined.
struct stream {
  decoder by{7};

  explicit stream(char identity = 'd') {
    REQUIRE(by.decode(wire::begin(), wire::row_lsn).is == step::kind::began);
    wire::define(by, wire::relation_orders(identity));
  }

  /// The one change of `message`, which must outlive the use of it.
  const event::change& change(const std::string& message, lsn at = wire::row_lsn) {
    const auto step = by.decode(message, at);
    REQUIRE(step.is == step::kind::changes);
    REQUIRE(step.changes.size() == 1);
    return step.changes.front();
  }
};

}  // namespace

TEST_CASE("BEGIN opens a transaction with its number, timeline, commit LSN and time") {
  decoder by{7};
  const auto step = by.decode(wire::begin(), lsn{1});
  REQUIRE(step.is == step::kind::began);
  CHECK(step.transaction->xid == 779);
  CHECK(step.transaction->timeline == 7);
  CHECK(step.transaction->final_lsn == wire::commit_lsn);
  CHECK(step.transaction->commit_time.time_since_epoch().count() == 1'714'684'800'000'000);
  CHECK(step.transaction->origin.empty());
  CHECK(by.is_in_transaction());
}

TEST_CASE("COMMIT closes the transaction and tells the LSN that may be confirmed") {
  stream of;
  const auto step = of.by.decode(wire::commit(), wire::end_lsn);
  REQUIRE(step.is == step::kind::committed);
  CHECK(step.transaction->final_lsn == wire::commit_lsn);
  CHECK(step.end == wire::end_lsn);
  CHECK_FALSE(of.by.is_in_transaction());
}

TEST_CASE("ORIGIN is kept on its transaction and not on the next") {
  stream of;
  CHECK(of.by.decode(wire::origin(lsn{0x99}, "upstream"), lsn{}).is == step::kind::nothing);
  const auto insert = wire::insert(wire::orders, {"1", "a", "2"});
  CHECK(of.change(insert).within->origin == "upstream");
  CHECK(of.change(insert).within->origin_lsn == lsn{0x99});
  (void)of.by.decode(wire::commit(), wire::end_lsn);
  const auto next = of.by.decode(wire::begin(wire::end_lsn), wire::end_lsn);
  CHECK(next.transaction->origin.empty());
  CHECK(next.transaction->origin_lsn == lsn{});
}

TEST_CASE("INSERT yields every column: text, NULL, empty, without a copy") {
  stream of;
  const auto message = wire::insert(wire::orders, {"42", wire::null, ""});
  const auto& change = of.change(message);
  CHECK(change.op == operation::create);
  CHECK(change.table->name == "orders");
  CHECK(change.within->final_lsn == wire::commit_lsn);
  CHECK(change.timeline == 7);
  CHECK(change.at == wire::row_lsn);
  CHECK(change.before_is == old_row::none);
  CHECK(change.before.empty());
  CHECK(shown(change.after) == row{"42", "-", ""});
  CHECK(change.after[2].is == state::text);
  CHECK(change.after[0].text.data() >= message.data());
  CHECK(change.after[0].text.data() < message.data() + message.size());
}

TEST_CASE("UPDATE yields the new row, with nothing, the identity or all of the old one") {
  stream of;
  const auto without = wire::update(wire::orders, {"1", wire::unchanged, "3"});
  const auto& plain = of.change(without);
  CHECK(plain.op == operation::update);
  CHECK(plain.before_is == old_row::none);
  CHECK(plain.before.empty());
  CHECK(shown(plain.after) == row{"1", "~", "3"});

  const auto moved = wire::update(wire::orders, 'K', {"1", wire::null, wire::null}, {"2", "b", "3"});
  const auto& key = of.change(moved);
  CHECK(key.before_is == old_row::identity);
  CHECK(shown(key.before) == row{"1", "-", "-"});
  CHECK(shown(key.after) == row{"2", "b", "3"});

  const auto whole = wire::update(wire::orders, 'O', {"1", "a", wire::null}, {"1", "b", "3"});
  const auto& full = of.change(whole);
  CHECK(full.before_is == old_row::full);
  CHECK(shown(full.before) == row{"1", "a", "-"});
  CHECK(shown(full.after) == row{"1", "b", "3"});
}

TEST_CASE("an old row does not linger: an INSERT after a full UPDATE has none") {
  stream of;
  const auto update = wire::update(wire::orders, 'O', {"1", "a", "2"}, {"1", "b", "3"});
  (void)of.change(update);
  const auto insert = wire::insert(wire::orders, {"5", "c", "6"});
  CHECK(of.change(insert).before.empty());
  CHECK(of.change(insert).before_is == old_row::none);
}

TEST_CASE("DELETE yields the identity or all of the old row") {
  stream of;
  const auto by_key = wire::remove(wire::orders, 'K', {"1", wire::null, wire::null});
  const auto& key = of.change(by_key);
  CHECK(key.op == operation::remove);
  CHECK(key.before_is == old_row::identity);
  CHECK(shown(key.before) == row{"1", "-", "-"});
  CHECK(key.after.empty());

  const auto whole = wire::remove(wire::orders, 'O', {"1", "a", "2"});
  const auto& full = of.change(whole);
  CHECK(full.before_is == old_row::full);
  CHECK(shown(full.before) == row{"1", "a", "2"});
}

TEST_CASE("TRUNCATE yields one change for each table, with its options") {
  stream of;
  wire::define(of.by, wire::relation(wire::lines, "lines", {{"id", 23, 1}}));
  for (const std::uint8_t options : {0, 1, 2, 3}) {
    const auto message = wire::truncate({wire::orders, wire::lines}, options);
    const auto step = of.by.decode(message, wire::row_lsn);
    REQUIRE(step.changes.size() == 2);
    CHECK(step.changes[0].table->name == "orders");
    CHECK(step.changes[1].table->name == "lines");
    for (const auto& change : step.changes) {
      CHECK(change.op == operation::truncate);
      CHECK(change.cascades == ((options & 1) != 0));
      CHECK(change.restarts_identity == ((options & 2) != 0));
      CHECK(change.before.empty());
      CHECK(change.after.empty());
    }
  }
}

TEST_CASE("B5: seq counts rows, messages and truncated tables as received, from one in every transaction") {
  stream of;
  wire::define(of.by, wire::relation(wire::lines, "lines", {{"id", 23, 1}}));
  const auto insert = wire::insert(wire::orders, {"1", "a", "2"});
  const auto told = wire::message(true, lsn{5}, "p", "c");
  CHECK(of.change(insert).seq == 1);
  CHECK(of.change(told).seq == 2);
  const auto emptied = wire::truncate({wire::orders, wire::lines});
  const auto both = of.by.decode(emptied, wire::row_lsn).changes;
  CHECK(both[0].seq == 3);
  CHECK(both[1].seq == 4);
  (void)of.by.decode(wire::type(90'000, "public", "mood"), lsn{});
  CHECK(of.change(insert).seq == 5);

  (void)of.by.decode(wire::commit(), wire::end_lsn);
  (void)of.by.decode(wire::begin(wire::end_lsn), wire::end_lsn);
  CHECK(of.change(insert).seq == 1);
}

TEST_CASE("B5: a message outside of transactions has its own LSN, seq zero and no transaction") {
  decoder by{7};
  const auto bytes = wire::message(false, lsn{0x1234}, "prefix", "content");
  const auto step = by.decode(bytes, lsn{0x1234});
  REQUIRE(step.changes.size() == 1);
  const auto& change = step.changes.front();
  CHECK(change.op == operation::message);
  CHECK(change.within == nullptr);
  CHECK(change.seq == 0);
  CHECK(change.at == lsn{0x1234});
  CHECK(change.timeline == 7);
  CHECK(change.table == nullptr);
  CHECK(change.message_prefix == "prefix");
  CHECK(change.message_content == "content");
}

TEST_CASE("a message inside a transaction belongs to it; its content may hold any byte") {
  stream of;
  const auto bytes = wire::message(true, lsn{0x1234}, "", std::string_view{"\0\xff", 2});
  const auto& change = of.change(bytes);
  CHECK(change.within->final_lsn == wire::commit_lsn);
  CHECK(change.at == lsn{0x1234});
  CHECK(change.message_prefix.empty());
  CHECK(change.message_content == std::string_view{"\0\xff", 2});
}

TEST_CASE("RELATION announces the table as the wire tells it, to be completed by the caller") {
  decoder by{1};
  REQUIRE(by.decode(wire::relation_orders('i'), lsn{}).is == step::kind::announced);
  auto& table = by.announced();
  CHECK(table.oid == wire::orders);
  CHECK(table.schema == "public");
  CHECK(table.name == "orders");
  CHECK(table.identity == event::replica_identity::index);
  REQUIRE(table.columns.size() == 3);
  CHECK(table.columns[0].name == "id");
  CHECK(table.columns[0].is_identity);
  CHECK(table.columns[0].type_oid == 23);
  CHECK(table.columns[0].base_type_oid == 23);
  CHECK(table.columns[0].type_modifier == -1);
  CHECK_FALSE(table.columns[2].is_identity);
  CHECK(table.columns[2].type_modifier == 655366);
  CHECK(table.key.empty());

  table.key = {0};
  table.columns[1].base_type_oid = 1043;
  const auto adopted = by.adopt();
  CHECK(by.relations().find(wire::orders) == adopted.get());
  CHECK(adopted->key == std::vector<std::uint16_t>{0});
  CHECK(adopted->columns[1].base_type_oid == 1043);
}

TEST_CASE("a table of pg_catalog comes with an empty schema and gets its name back") {
  decoder by{1};
  CHECK(wire::define(by, wire::relation(16500, "t", {}, 'n', ""))->schema == "pg_catalog");
}

TEST_CASE("the same RELATION again asks nothing and keeps table and version, whatever the catalog added") {
  stream of;
  wire::define(of.by, wire::relation(wire::lines, "lines", {{"id", 23, 1}}));
  const auto* known = of.by.relations().find(wire::lines);
  const auto* orders = of.by.relations().find(wire::orders);
  CHECK(of.by.decode(wire::relation(wire::lines, "lines", {{"id", 23, 1}}), lsn{}).is == step::kind::nothing);
  CHECK(of.by.decode(wire::relation_orders(), lsn{}).is == step::kind::nothing);
  CHECK(of.by.relations().find(wire::lines) == known);
  CHECK(of.by.relations().find(wire::orders) == orders);
}

TEST_CASE("the same RELATION again is announced where the wire cannot tell another key, with what was known") {
  for (const char identity : {'f', 'i'}) {
    decoder by{1};
    const auto again = wire::relation(wire::lines, "lines", {{"id", 23, 1}, {"b", 25, 1}}, identity);
    REQUIRE(by.decode(again, lsn{}).is == step::kind::announced);
    by.announced().key = {1};
    by.announced().columns[1].base_type_oid = 1043;
    const auto before = by.adopt();
    REQUIRE(by.decode(again, lsn{}).is == step::kind::announced);
    CHECK(by.announced().key == std::vector<std::uint16_t>{1});
    CHECK(by.announced().columns[1].base_type_oid == 1043);
    CHECK(by.adopt()->version > before->version);
  }
}

TEST_CASE("000-3 a table that is forgotten is unknown until it is defined again") {
  stream of;
  wire::define(of.by, wire::relation(wire::lines, "lines", {{"id", 23, 1}}));
  const std::vector<std::uint32_t> gone{wire::lines, 99};
  of.by.forget(gone);
  CHECK(of.by.relations().oids() == std::vector<std::uint32_t>{wire::orders});
  CHECK(of.by.decode(wire::relation(wire::lines, "lines", {{"id", 23, 1}}), lsn{}).is == step::kind::announced);
}

TEST_CASE("a RELATION that differs in anything replaces the table by one with a higher version") {
  const auto first = wire::relation(wire::lines, "lines", {{"id", 23, 1}, {"b", 25}});
  const std::string others[] = {
      wire::relation(wire::lines, "Lines", {{"id", 23, 1}, {"b", 25}}),
      wire::relation(wire::lines, "lines", {{"id", 23, 1}, {"b", 25}}, 'f'),
      wire::relation(wire::lines, "lines", {{"id", 23, 1}, {"b", 25}}, 'd', "other"),
      wire::relation(wire::lines, "lines", {{"id", 23, 1}}),
      wire::relation(wire::lines, "lines", {{"id", 23, 1}, {"b", 25}, {"c", 25}}),
      wire::relation(wire::lines, "lines", {{"id", 23, 0}, {"b", 25}}),
      wire::relation(wire::lines, "lines", {{"id", 23, 1}, {"B", 25}}),
      wire::relation(wire::lines, "lines", {{"id", 23, 1}, {"b", 1043}}),
      wire::relation(wire::lines, "lines", {{"id", 23, 1}, {"b", 25, 0, 20}}),
      wire::relation(wire::lines, "lines", {{"b", 25}, {"id", 23, 1}}),
  };
  for (const auto& other : others) {
    stream of;
    const auto before = wire::define(of.by, first);
    const auto after = wire::define(of.by, other);
    CHECK(after->version > before->version);
    CHECK(of.by.relations().find(wire::lines) == after.get());
    CHECK(of.by.relations().size() == 2);
  }
}

TEST_CASE("versions are unique over connections: two decoders never give out the same one") {
  decoder one{1};
  decoder two{1};
  const auto first = wire::define(one, wire::relation_orders());
  const auto second = wire::define(two, wire::relation_orders());
  CHECK(first->version != second->version);
}

TEST_CASE("rows of several tables in turn find their own table and column count") {
  stream of;
  wire::define(of.by, wire::relation(wire::lines, "lines", {{"id", 23, 1}}));
  const auto order = wire::insert(wire::orders, {"1", "a", "2"});
  const auto line = wire::insert(wire::lines, {"9"});
  for (int n = 0; n < 3; ++n) {
    CHECK(of.change(order).after.size() == 3);
    CHECK(of.change(line).table->name == "lines");
    CHECK(shown(of.change(line).after) == row{"9"});
  }
}

TEST_CASE("a table of 1600 columns and one of none are rows like others") {
  stream of;
  wire::writer wide{'R'};
  wide.u32(wire::lines).string("public").string("wide").letter('n').u16(1600);
  wire::writer insert{'I'};
  insert.u32(wire::lines).letter('N').u16(1600);
  for (int n = 0; n < 1600; ++n) {
    wide.u8(0).string("c" + std::to_string(n)).u32(23).u32(UINT32_MAX);
    insert.letter('t').u32(1).letter('x');
  }
  wire::define(of.by, wide.done());
  const auto message = insert.done();
  const auto after = of.change(message).after;
  CHECK(after.size() == 1600);
  CHECK(std::ranges::all_of(after, [](const auto& value) { return value.text == "x"; }));

  wire::define(of.by, wire::relation(16391, "narrow", {}));
  const auto empty = wire::insert(16391, {});
  CHECK(of.change(empty).after.empty());
}
