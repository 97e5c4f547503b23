#include "changes.hpp"

namespace weir::filter::testing {

namespace {

const row order{text("1"), text("paid"), text("5"), text(R"({"gift": true})")};

}  // namespace

TEST_CASE("a filter sees the operation, the table and the transaction") {
  const auto table = orders();
  const auto change = created(order);
  for (const auto* const filter :
       {"op == 'c'", "schema == 'public' && table == 'orders'", "txid == 555", "lsn == lsn('16/B374D848')",
        "commit_time == timestamp('2019-05-28T08:58:24.863123Z')", "message == null", "old == null",
        "new != null", "new.status == 'paid' && new.id in [1, 2]", "new.n >= 5 && new.n < 5.5",
        "new['status'].startsWith('pa')", "new.`status`.size() == 4", "new.body.gift"}) {
    INFO(filter);
    CHECK(said(filter, table, change) == "keep");
  }
  CHECK(said("op == 'u'", table, change) == "drop");
}

TEST_CASE("every operation has its letter, and new or old is null where there is no such row") {
  const auto table = orders();
  using event::operation;
  const std::pair<operation, std::string> letters[] = {{operation::create, "c"},
                                                       {operation::update, "u"},
                                                       {operation::remove, "d"},
                                                       {operation::truncate, "t"},
                                                       {operation::read, "r"}};
  for (const auto& [op, letter] : letters) {
    const bool has_new = op == operation::create || op == operation::update || op == operation::read;
    const bool has_old = op == operation::update || op == operation::remove;
    const change_of change{op, {}, has_new ? order : row{}};
    INFO(letter);
    CHECK(said("op == '" + letter + "'", table, change) == "keep");
    CHECK(said("new == null", table, change) == (has_new ? "drop" : "keep"));
    CHECK(said("old != null", table, change) == (has_old ? "keep" : "drop"));
  }
}

TEST_CASE("a column of a row that is not there is an error, which an operand that decides absorbs") {
  const auto table = orders();
  const auto change = removed({text("1"), null, null, null});
  CHECK(said("new.status == 'paid'", table, change) ==
        "line 1, column 4: new.status: there is no such row in this change");
  CHECK(said("new.status == 'paid' || op == 'd'", table, change) == "keep");
  CHECK(said("op == 'u' && new.status == 'paid'", table, change) == "drop");
  CHECK(said("has(new.status)", table, change) == "drop");
  CHECK(said("old.id == 1", table, change) == "keep");
}

TEST_CASE("NULL equals null and nothing else, and has no order") {
  const auto table = orders();
  const auto change = created({text("1"), null, null, null});
  CHECK(said("new.n == null && new.status == null", table, change) == "keep");
  CHECK(said("new.n == 5", table, change) == "drop");
  CHECK(said("new.n != 5", table, change) == "keep");
  CHECK(said("has(new.n)", table, change) == "keep");
  CHECK(said("new.n > 5", table, change) == "line 1, column 7: the value is NULL, which does not fit here");
  CHECK(said("new.n != null && new.n > 5", table, change) == "drop");
  CHECK(said("new.status.startsWith('p')", table, change) ==
        "line 1, column 12: the value is NULL, which does not fit here");
}

TEST_CASE("a value that was not sent is an error, unless the old row has it") {
  const auto partial = orders();
  const auto sparse = updated({text("1"), text("paid"), text("5"), unchanged});
  CHECK(said("new.body.gift", partial, sparse) ==
        "line 1, column 4: new.body: PostgreSQL did not send the value (unchanged TOAST)");
  CHECK(said("has(new.body) && new.body.gift", partial, sparse) == "drop");
  const auto whole = orders(event::replica_identity::full);
  const auto complete = updated_fully(order, {text("1"), text("paid"), text("5"), unchanged});
  CHECK(said("has(new.body) && new.body.gift && !changed(new.body)", whole, complete) == "keep");
}

TEST_CASE("an update without an old row left the replica identity alone") {
  const auto table = orders();
  const auto same_key = updated(order);
  CHECK(said("old.id == 1 && !changed(new.id) && old != null", table, same_key) == "keep");
  const change_of other_key{
      event::operation::update, {text("9"), null, null, null}, order, event::old_row::identity};
  CHECK(said("old.id == 9 && changed(new.id)", table, other_key) == "keep");
}

TEST_CASE("changed() compares the texts of old and new in an update and holds for all else") {
  const auto table = orders(event::replica_identity::full);
  const auto changed_to = [&](const event::value& before, const event::value& after) {
    return said("changed(new.status)", table,
                updated_fully({text("1"), before, null, null}, {text("1"), after, null, null}));
  };
  CHECK(changed_to(text("open"), text("paid")) == "keep");
  CHECK(changed_to(text("open"), text("open")) == "drop");
  CHECK(changed_to(null, text("open")) == "keep");
  CHECK(changed_to(text(""), null) == "keep");
  CHECK(changed_to(null, null) == "drop");
  CHECK(changed_to(text("open"), unchanged) == "drop");
  CHECK(said("changed(new.status)", table, created(order)) == "keep");
  CHECK(said("changed(new.status)", table, removed(order, event::old_row::full)) == "keep");
  CHECK(said("changed(new.status)", table, change_of{event::operation::truncate, {}, {}}) == "keep");
}

TEST_CASE("logical messages have a prefix and content, and no columns") {
  const auto decide = [](std::string_view filter, std::string_view content) {
    event::change message;
    message.op = event::operation::message;
    message.message_prefix = "outbox";
    message.message_content = content;
    return said(bound_filter::bind_to_messages(compiled(filter)).decide(message));
  };
  CHECK(decide("op == 'm' && message.prefix == 'outbox' && message.content.contains('pay')", "payment") ==
        "keep");
  CHECK(decide("message.transactional", "") == "drop");
  CHECK(decide("txid == null && commit_time == null && table == null && new == null", "") == "keep");
  CHECK(decide("message != null && has(message.prefix) && size(message) == 3", "") == "keep");
  CHECK(decide("op == 'm' || new.status == 'paid'", "") == "keep");
  CHECK(decide("new.status == 'paid'", "") ==
        "line 1, column 4: new.status: there is no such row in this change");
  CHECK(decide("changed(new.status)", "").starts_with("line 1, column 12: new.status: there is no such row"));
  CHECK(decide("message.content == 'x'", "\xff") == "line 1, column 1: the bytes are not valid UTF-8");
  CHECK(said("message.prefix == 'outbox'", orders(), created(order)) ==
        "line 1, column 1: the value is NULL, which does not fit here");
}

TEST_CASE("a bound filter keeps what it needs when program and relation are gone") {
  auto table = std::make_unique<event::relation>(orders());
  bound_filter under_test = bound("new.status in ['paid'] && new.body.gift", *table);
  CHECK(under_test.version() == 7);
  table.reset();
  const auto change = created(order);
  bound_filter moved = std::move(under_test);
  CHECK(said(moved.decide(change.what)) == "keep");
  CHECK(said(moved.decide(change.what)) == "keep");
}

TEST_CASE("a filter that yields NULL or no bool is an error") {
  const auto table = orders();
  CHECK(said("new.body", table, created({text("1"), null, null, null})) ==
        "line 1, column 4: new.body: the value is NULL, which does not fit here");
  CHECK(said("new.body", table, created(order)) ==
        "line 1, column 4: new.body: the value is of a type that does not fit here");
  CHECK(said("new.n / 0 == 1", table, created(order)) == "line 1, column 7: division by zero");
}

TEST_CASE("whatever JSON a row holds, an evaluation ends") {
  const auto table = orders();
  std::string many = "[0";
  for (int number = 1; number < 3000; ++number) many += "," + std::to_string(number);
  many += "]";
  const auto change = created({text("1"), null, null, text(many)});
  CHECK(said("new.body.all(a, new.body.all(b, new.body.all(c, a + b + c >= 0)))", table, change) ==
        "line 1, column 10: the evaluation takes more work than is allowed");
  CHECK(said("size(new.body.map(a, new.body.map(b, new.body))) == 0", table, change).find("than is allowed") !=
        std::string::npos);
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  CHECK(said("new.body == []", table, created({text("1"), null, null, text(deep)})) ==
        "line 1, column 4: new.body: the JSON nests deeper than 64 levels");
  CHECK(said("new.body.x == 1", table, created({text("1"), null, null, text(R"({"x": 1, "x": 2})")})) ==
        "drop");
}

}  // namespace weir::filter::testing
