#include <pipeline/text_template.hpp>

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <random>
#include <string>
#include <vector>

using namespace weir;
using pipeline::escaping;
using pipeline::text_template;

namespace {

constexpr auto topic = escaping::topic;
constexpr auto plain = escaping::none;

text_template parsed(std::string_view text, escaping how) {
  auto made = text_template::parse(text, how);
  if (const auto* wrong = std::get_if<pipeline::template_problem>(&made)) FAIL(wrong->sentence);
  return std::get<text_template>(std::move(made));
}

pipeline::template_problem problem(std::string_view text, escaping how = topic) {
  auto made = text_template::parse(text, how);
  if (std::holds_alternative<text_template>(made)) FAIL("taken: " << text);
  return std::get<pipeline::template_problem>(made);
}

/// `public.orders(id, tenant, note)`, whose identity is id.
event::relation orders() {
  event::relation made;
  made.schema = "public";
  made.name = "orders";
  made.columns = {{"id", 23, 23, -1, true}, {"tenant"}, {"note"}};
  made.key = {0};
  return made;
}

const event::value null{};
const event::value unchanged{event::value::state::unchanged, {}};
event::value text(std::string_view of) { return {event::value::state::text, of}; }

struct rows {
  event::operation op;
  std::vector<event::value> before, after;
  event::old_row before_is = event::old_row::none;
};

struct rendered {
  bool is_good = false;
  std::string out, why;
};

rendered render(const text_template& by, const event::relation& table, const rows& of) {
  event::change what;
  what.op = of.op;
  what.table = &table;
  what.before = of.before;
  what.before_is = of.before_is;
  what.after = of.after;
  rendered made;
  made.is_good = by.render(made.out, what, made.why);
  return made;
}

rendered render(std::string_view by, const rows& of, escaping how = topic) {
  return render(parsed(by, how).with_prefix("weir"), orders(), of);
}

const rows inserted{event::operation::create, {}, {text("1"), text("acme"), text("")}};
const rows updated{event::operation::update, {}, {text("1"), text("acme"), unchanged}};
const rows truncated{event::operation::truncate, {}, {}};

std::string name(std::string_view by, std::string_view schema, std::string_view table) {
  auto of = orders();
  of.schema = schema;
  of.name = table;
  auto made = render(parsed(by, topic).with_prefix("weir"), of, inserted);
  if (!made.is_good) FAIL(made.why);
  return made.out;
}

}  // namespace

TEST_CASE("a template's fields stand for prefix, schema, table, operation and columns") {
  CHECK(render("{prefix}.{schema}.{table}", inserted).out == "weir.public.orders");
  CHECK(render("{prefix}.{table}-{op}", updated).out == "weir.orders-u");
  CHECK(render("{new.tenant}.{table}", inserted).out == "acme.orders");
  CHECK(render("everything", inserted).out == "everything");
  CHECK(render("{new.tenant}/{new.id}", inserted, plain).out == "acme/1");
  CHECK(render("{{{new.id}}}", inserted, plain).out == "{1}");
}

TEST_CASE("a rendered text is appended") {
  auto of = orders();
  event::change what;
  what.table = &of;
  std::string out = "before ";
  std::string why;
  REQUIRE(parsed("{table}", topic).render(out, what, why));
  CHECK(out == "before orders");
}

TEST_CASE("a template says what it depends on") {
  CHECK(parsed("{prefix}.all", topic).is_constant());
  CHECK_FALSE(parsed("{prefix}.all", topic).needs_table());
  const auto by_table = parsed("{prefix}.{schema}.{table}", topic);
  CHECK_FALSE(by_table.is_constant());
  CHECK_FALSE(by_table.depends_on_row());
  CHECK(by_table.needs_table());
  CHECK(parsed("all.{op}", topic).depends_on_row());
  CHECK_FALSE(parsed("all.{op}", topic).needs_table());
  const auto by_row = parsed("{new.a}.{old.b}.{new.c}.{new.a}", topic);
  CHECK(by_row.depends_on_row());
  CHECK(by_row.needs_table());
  CHECK(by_row.new_columns() == std::vector<std::string>{"a", "c"});
  CHECK(by_row.old_columns() == std::vector<std::string>{"b"});
  CHECK(by_row.text() == "{new.a}.{old.b}.{new.c}.{new.a}");
}

TEST_CASE("a template that is wrong says where and what, with the nearest field") {
  const auto says = [](std::string_view by, std::size_t offset, std::string_view words, escaping how = topic) {
    const auto found = problem(by, how);
    INFO(found.sentence);
    CHECK(found.offset == offset);
    CHECK(found.sentence.find(words) != std::string::npos);
  };
  says("{prefix}.{tabel}", 9, "there is no field {tabel}; did you mean {table}?");
  says("{shcema}.{table}", 0, "did you mean {schema}?");
  says("x.{id}", 2, "a column is written {new.id} or {old.id}");
  says("x.{tenant_id}", 2, "a column is written {new.tenant_id} or {old.tenant_id}");
  says("x.{row.id}", 2, "did you mean {new.id} or {old.id}?");
  says("x.{new.}", 2, "{new.} names no column");
  says("x.{}", 2, "the braces name no field");
  says("x.{table", 2, "is not closed");
  says("x.{table{op}", 2, "is not closed");
  says("x.table}", 7, "closes nothing");
  says("orders/{table}", 6, "\"/\" cannot be in a topic's name");
  says("caf\xC3\xA9", 3, "\"\xC3\xA9\" cannot be in a topic's name");
  says("a{{b", 1, "\"{\" cannot be in a topic's name");
  says("", 0, "is empty");
  says("..", 0, "keeps the names . and ..");
  says(std::string(250, 'x'), 0, "has 250 characters");
  says("a {nwe.x}", 2, "did you mean {new.x} or {old.x}?", plain);
}

TEST_CASE("two values of a topic's name need a dot between them") {
  const auto found = problem("{prefix}.{schema}_{table}");
  CHECK(found.offset == 18);
  CHECK(found.sentence.find("{schema} and {table} need a dot between them") != std::string::npos);
  CHECK(problem("{schema}.{table}{new.x}").offset == 16);
  CHECK(problem("{schema}{prefix}{table}").offset == 16);
  CHECK(problem("{schema}{op}{table}").offset == 12);
  CHECK(render("{prefix}{op}{table}", inserted).is_good);
  CHECK(render("{schema}_{table}", inserted, plain).out == "public_orders");
}

TEST_CASE("what Kafka does not allow in a topic is escaped byte by byte") {
  CHECK(name("{table}", "", "Order Items/2024") == "Order_x20Items_x2F2024");
  CHECK(name("{table}", "", "caf\xC3\xA9") == "caf_xC3_xA9");
  CHECK(name("{table}", "", "a_b-c9") == "a_b-c9");
  CHECK(name("{schema}.{table}", "{table}", "x") == "_x7Btable_x7D.x");
  CHECK(render("t.{new.tenant}", {event::operation::create, {}, {text("1"), text("a/b.c"), null}}).out ==
        "t.a_x2Fb_x2Ec");
}

TEST_CASE("tables whose names have dots do not meet in one topic") {
  CHECK(name("{schema}.{table}", "a.b", "c") == "a_x2Eb.c");
  CHECK(name("{schema}.{table}", "a", "b.c") == "a.b_x2Ec");
  CHECK(name("{table}", "", ".") == "_x2E");
}

TEST_CASE("a name that holds an escape itself does not meet the name that is escaped so") {
  CHECK(name("{table}", "", "a b") == "a_x20b");
  CHECK(name("{table}", "", "a_x20b") == "a_x5Fx20b");
  CHECK(name("{table}", "", "a_x2") == "a_x2");
}

TEST_CASE("no two pairs of schema and table make one topic") {
  std::mt19937 random{7};
  const std::string letters = "_x25EF. ";
  const auto any_name = [&] {
    std::string made;
    const auto size = 1 + random() % 5;
    for (std::size_t i = 0; i < size; ++i) made.push_back(letters[random() % letters.size()]);
    return made;
  };
  const auto by = parsed("{prefix}_x{schema}.x2E{table}_{op}", topic).with_prefix("weir");
  auto of = orders();
  event::change what;
  what.table = &of;
  std::map<std::string, std::pair<std::string, std::string>> names;
  for (int n = 0; n < 200'000; ++n) {
    of.schema = any_name();
    of.name = any_name();
    std::string made;
    std::string why;
    if (!by.render(made, what, why)) FAIL(why);
    const std::pair both{of.schema, of.name};
    const auto [at, is_new] = names.try_emplace(made, both);
    if (at->second != both) {
      FAIL("'" << at->second.first << "'+'" << at->second.second << "' and '" << of.schema << "'+'" << of.name
               << "' are both " << made);
    }
  }
}

TEST_CASE("a column without a value is refused with the reason, never the value") {
  const auto why = [](std::string_view by, const rows& of, escaping how = topic) {
    const auto made = render(by, of, how);
    CHECK_FALSE(made.is_good);
    return made.why;
  };
  const rows without{event::operation::create, {}, {text("1"), null, text("")}};
  CHECK(why("t.{new.tenant}", without) ==
        R"("t.{new.tenant}" cannot be filled for an insert of public.orders: {new.tenant}: it is NULL)");
  CHECK(why("{new.tenant}", without, plain).ends_with("{new.tenant}: it is NULL"));
  CHECK(why("t.{new.note}", inserted).ends_with("{new.note}: it is empty"));
  CHECK(render("{new.note}", inserted, plain).out.empty());
  CHECK(why("t.{new.none}", inserted).ends_with("{new.none}: the table has no such column"));
  CHECK(why("t.{new.note}", updated).find("the server left its value out") != std::string::npos);
  CHECK(why("t.{old.id}", inserted).ends_with("{old.id}: there is no old row"));
  CHECK(why("t.{new.id}", truncated).ends_with("{new.id}: there is no new row"));
  const std::string long_value(248, 's');
  const rows large{event::operation::create, {}, {text("1"), text(long_value), null}};
  CHECK(why("t.{new.tenant}", large) ==
        R"(the topic's name that "t.{new.tenant}" makes has 250 characters, and Kafka takes 249 at most)");
}

TEST_CASE("a name of 249 characters is taken") {
  CHECK(name("{table}", "", std::string(249, 't')).size() == 249);
}

TEST_CASE("a new column of a delete is the old row's where the identity covers it") {
  const rows by_identity{event::operation::remove, {text("1"), null, null}, {}, event::old_row::identity};
  CHECK(render("t.{new.id}", by_identity).out == "t.1");
  const auto unknown = render("t.{new.tenant}", by_identity);
  CHECK_FALSE(unknown.is_good);
  CHECK(unknown.why.find("the replica identity does not cover it") != std::string::npos);
  const rows whole{event::operation::remove, {text("1"), text("acme"), null}, {}, event::old_row::full};
  CHECK(render("t.{new.tenant}", whole).out == "t.acme");
  CHECK(render("t.{old.tenant}", whole).out == "t.acme");
}

TEST_CASE("an update that comes without its old row changed nothing of the identity") {
  CHECK(render("t.{old.id}", updated).out == "t.1");
  const auto other = render("t.{old.tenant}", updated);
  CHECK_FALSE(other.is_good);
  CHECK(other.why.find("the replica identity does not cover it") != std::string::npos);
}

TEST_CASE("a value that the update left alone is taken from a whole old row only") {
  const rows whole{event::operation::update,
                   {text("1"), text("acme"), text("long")},
                   {text("1"), text("acme"), unchanged},
                   event::old_row::full};
  CHECK(render("t.{new.note}", whole).out == "t.long");
  auto of_identity = whole;
  of_identity.before_is = event::old_row::identity;
  of_identity.before = {text("0"), null, null};
  CHECK_FALSE(render("t.{new.note}", of_identity).is_good);
}

TEST_CASE("a logical message fills no field that needs a table") {
  event::change what;
  what.op = event::operation::message;
  std::string out;
  std::string why;
  CHECK(parsed("all.{op}", topic).render(out, what, why));
  CHECK(out == "all.m");
  CHECK_FALSE(parsed("{table}", topic).render(out, what, why));
  CHECK(why == R"("{table}" needs a table, and a logical message has none)");
}

TEST_CASE("a table that can never fill a template is known before its rows") {
  CHECK(parsed("t.{new.tenant}.{old.id}", topic).problem_with(orders()).empty());
  CHECK(parsed("t.{new.gone}", topic).problem_with(orders()) ==
        R"(public.orders has no column gone, which "t.{new.gone}" needs)");
  CHECK(parsed("t.{old.tenant}", topic).problem_with(orders()) ==
        "the replica identity of public.orders does not cover column tenant, whose old value "
        R"("t.{old.tenant}" needs)");
}

TEST_CASE("a template without its prefix is never rendered") {
  auto of = orders();
  event::change what;
  what.table = &of;
  std::string out;
  std::string why;
  CHECK_THROWS_AS(parsed("{prefix}.{table}", topic).render(out, what, why), std::logic_error);
}
