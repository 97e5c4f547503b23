#include "rows.hpp"

#include <encode/column_choice.hpp>
#include <encode/envelope.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <utility>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using event::old_row;
using event::operation;

namespace {

std::vector<column_pattern> patterns(std::vector<std::string> texts) { return {texts.begin(), texts.end()}; }

using masks = std::vector<column_choice::masked_columns>;

masks masked(std::vector<std::string> columns, mask how) {
  masks made;
  made.push_back({patterns(std::move(columns)), std::move(how)});
  return made;
}

std::shared_ptr<const column_choice> including(std::vector<std::string> columns) {
  return std::make_shared<const column_choice>(patterns(std::move(columns)), patterns({}), masks{});
}
std::shared_ptr<const column_choice> excluding(std::vector<std::string> columns) {
  return std::make_shared<const column_choice>(patterns({}), patterns(std::move(columns)), masks{});
}
std::shared_ptr<const column_choice> masking(std::vector<std::string> columns, mask how) {
  return std::make_shared<const column_choice>(patterns({}), patterns({}),
                                               masked(std::move(columns), std::move(how)));
}

plan_options with(std::shared_ptr<const column_choice> columns,
                  record_format format = record_format::debezium) {
  plan_options made;
  made.prefix = "srv";
  made.format = format;
  made.columns = std::move(columns);
  return made;
}

/// `people(id int primary key, name text, n int)` with replica identity full.
event::relation full_people() {
  auto made = people();
  for (auto& each : made.columns) each.is_identity = true;
  return made;
}

std::string value_with(std::shared_ptr<const column_choice> columns, const change_of& change) {
  envelope by(options());
  return keep(
             by.encode(table_plan(*change.what.table, table_key{}, with(std::move(columns))), change.what, now))
      .at(0)
      .value.value();
}

}  // namespace

TEST_CASE("a column that is left out is nowhere") {
  const auto table = full_people();
  const change_of update(operation::update, table, {text("1"), text("Ann"), text("5")},
                         {text("1"), text("Anne"), text("6")}, old_row::full);
  CHECK(value_with(excluding({"name"}), update) == value(R"({"id":1,"n":5})", R"({"id":1,"n":6})", "u"));
  CHECK(value_with(including({"public.t.id", "public.t.name"}), update) ==
        value(R"({"id":1,"name":"Ann"})", R"({"id":1,"name":"Anne"})", "u"));
  CHECK(value_with(excluding({"*.other.name"}), update).find("Anne") != std::string::npos);
}

TEST_CASE("a table of which nothing is shown has empty rows") {
  auto table = full_people();
  table.key.clear();
  const change_of insert(operation::create, table, {}, {text("1"), text("Ann"), null});
  CHECK(value_with(excluding({"*"}), insert) == value("null", "{}", "c"));
  envelope by(options());
  const table_plan flat(table, table_key{}, with(excluding({"*"}), record_format::flat));
  CHECK(keep(by.encode(flat, insert.what, now)).at(0).value.value().starts_with(R"({"__deleted":"false")"));
}

TEST_CASE("a masked value is a text whatever its type, before and after, and NULL stays NULL") {
  const auto table = full_people();
  const change_of update(operation::update, table, {text("1"), text("Ann"), text("5")},
                         {text("1"), text("Anne"), null}, old_row::full);
  CHECK(value_with(masking({"name", "n"}, mask::fixed("*\"*")), update) ==
        value(R"({"id":1,"name":"*\"*","n":"*\"*"})", R"({"id":1,"name":"*\"*","n":null})", "u"));
}

TEST_CASE("a hash is SHA-256 of salt and value") {
  const auto table = people();
  const change_of insert(operation::create, table, {}, {text("1"), text("Ann"), null});
  // printf 'pepperAnn' | sha256sum
  const auto made = value_with(masking({"name"}, mask::hashed("pepper")), insert);
  CHECK(made ==
        value("null",
              R"({"id":1,"name":"4e2265226d9636581a64daadca1827d56219e5df446aa29b4b2fed622a56c557","n":null})",
              "c"));
  CHECK(value_with(masking({"name"}, mask::hashed("salt")), insert) != made);
}

TEST_CASE("a truncated text keeps whole characters") {
  const auto table = people();
  const change_of insert(operation::create, table, {}, {text("1"), text("Äöü€😀x"), text("12345")});
  const auto cut = [&](std::size_t length) {
    return value_with(masking({"name"}, mask::truncated(length)), insert);
  };
  CHECK(cut(0) == value("null", R"({"id":1,"name":"","n":12345})", "c"));
  CHECK(cut(2) == value("null", R"({"id":1,"name":"Äö","n":12345})", "c"));
  CHECK(cut(5) == value("null", R"({"id":1,"name":"Äöü€😀","n":12345})", "c"));
  CHECK(cut(100) == value("null", R"({"id":1,"name":"Äöü€😀x","n":12345})", "c"));
  CHECK(value_with(masking({"n"}, mask::truncated(2)), insert) ==
        value("null", R"({"id":1,"name":"Äöü€😀x","n":"12"})", "c"));
}

TEST_CASE("a masked value that was not sent shows no more than others") {
  const auto table = people();
  const change_of update(operation::update, table, {}, {text("1"), unchanged, null});
  CHECK(value_with(masking({"name"}, mask::truncated(3)), update) ==
        value("null", R"({"id":1,"name":"__debezium_unavailable_value","n":null})", "u"));
  CHECK(value_with(masking({"name"}, mask::fixed("-")), update) ==
        value("null", R"({"id":1,"name":"-","n":null})", "u"));
  const auto full = full_people();
  const change_of known(operation::update, full, {text("1"), text("Secret"), null},
                        {text("1"), unchanged, null}, old_row::full);
  CHECK(value_with(masking({"name"}, mask::truncated(1)), known) ==
        value(R"({"id":1,"name":"S","n":null})", R"({"id":1,"name":"S","n":null})", "u"));
}

TEST_CASE("a key that is hidden is refused with the plan") {
  const auto table = people();
  const auto refused = [&](std::shared_ptr<const column_choice> columns) -> std::string {
    try {
      const table_plan made(table, table_key{}, with(std::move(columns)));
    } catch (const encode_error& error) {
      return error.what();
    }
    return {};
  };
  CHECK(refused(excluding({"id"})) ==
        "column id of public.t cannot be encoded: it belongs to the key, and the listener leaves it out");
  CHECK(refused(masking({"public.*.id"}, mask::hashed("x"))) ==
        "column id of public.t cannot be encoded: it belongs to the key, and the listener masks it");
  CHECK(refused(including({"name"})).find("leaves it out") != std::string::npos);
  CHECK_NOTHROW(table_plan(table, no_key{}, with(excluding({"id"}))));
}

TEST_CASE("the schema of a masked column is a text's, and a column that is left out has none") {
  const auto table = people();
  const table_plan plan(table, table_key{},
                        with(masking({"n"}, mask::fixed("x")), record_format::debezium_schema));
  const auto& masked_row = plan.schema()->value.fields.at(1).schema;
  REQUIRE(masked_row.fields.size() == 3);
  CHECK(masked_row.fields.at(2).schema.is == connect_schema::kind::string);
  const table_plan shorter(table, table_key{}, with(excluding({"n"}), record_format::debezium_schema));
  CHECK(shorter.schema()->value.fields.at(1).schema.fields.size() == 2);
}
