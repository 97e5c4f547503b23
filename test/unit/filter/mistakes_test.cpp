#include "changes.hpp"

#include <filter/transaction_filter.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace weir::filter::testing {

using strings = std::vector<std::string>;

TEST_CASE("002-11 what is no expression is refused with line and column") {
  struct row_of_table {
    std::string_view text, mistake;
  };
  const std::vector<row_of_table> cases{
      {"", "1:1 expected a value, not the end"},
      {"op == ", "1:7 expected a value, not the end"},
      {"op == 'u' new.id", "1:11 expected an operator or the end, not 'new'"},
      {"op == 'u", "1:7 the literal has no closing quote"},
      {"op ==\n  'u' &&\n  'caf\u00e9' == (op", "3:16 expected ')', not the end"},
      {"'caf\u00e9' == op +", "1:15 expected a value, not the end"},
      {"op = 'u'", "1:4 expected an operator or the end, not '='"},
      {"op == '\\q'", "1:7 the literal has an escape that is none: write \\\\ for a backslash, or r'...'"},
      {"new.id == 9223372036854775808", "1:11 9223372036854775808 does not fit into 64 bits"},
      {"new.id == 1x", "1:11 '1x' is not a number"},
      {"has(op)", "1:1 has() takes a field, like has(new.name)"},
      {"[1].all(2, true)", "1:9 the first argument of all() is the name of a variable"},
      {"if == 1", "1:1 'if' is a reserved word"},
      {"op == 'u' # comment", "1:11 unexpected character"},
  };
  for (const auto& [text, mistake] : cases) {
    INFO(text);
    CHECK(mistakes(text, orders()) == strings{std::string(mistake)});
  }
}

TEST_CASE("002-11 names and types that do not fit are refused with line and column, all of them at once") {
  struct row_of_table {
    std::string_view text;
    strings expected;
  };
  const std::vector<row_of_table> cases{
      {"opp == 'u'", {"1:1 there is no 'opp'; did you mean 'op'?"}},
      {"status == 'paid'", {"1:1 there is no 'status'"}},
      {"new.stauts == 'paid'", {"1:4 public.orders has no column 'stauts'; did you mean 'status'?"}},
      {"new['nope'] == 'paid'", {"1:4 public.orders has no column 'nope'"}},
      {"new.id == '5'", {"1:8 int and string are never equal: convert one of them"}},
      {"new.id < '5'", {"1:8 int and string have no order"}},
      {"new.status + 1 == 2", {"1:12 there is no 'string + int'"}},
      {"new.status", {"1:4 a filter is true or false; this is string"}},
      {"new.id && true", {"1:4 '&&' takes bool, not int"}},
      {"!new.id", {"1:1 '!' takes bool, not int"}},
      {"new.status.startWith('x')", {"1:12 there is no function 'startWith'; did you mean 'startsWith'?"}},
      {"new.status.contains(1)", {"1:12 there is no dyn.contains(int)"}},
      {"new.status in ['a', 'b'] || new.id in ['1']", {"1:36 int is never in list(string)"}},
      {"new.status.matches('(')", {"1:12 the regular expression is refused: missing ): ("}},
      {"timestamp('yesterday') < commit_time", {"1:1 the literal is no timestamp"}},
      {"commit_time.getHours('Mars/Base') == 1",
       {"1:13 the time zone is a literal like \"Europe/Berlin\" or \"+02:00\", known to this system"}},
      {"new == old",
       {"1:1 'new' is a whole row: name one of its columns, or compare it with null",
        "1:8 'old' is a whole row: name one of its columns, or compare it with null"}},
      {"op == 'update'", {"1:4 there is no op 'update': there are c, u, d, t, m, r"}},
      {"message.topic == 'x'", {"1:8 there is no field 'topic': there are prefix, content, transactional"}},
      {"changed(status)", {"1:1 changed() takes a column of the new row, like changed(new.status)"}},
      {"changed(old.id)", {"1:1 changed() takes a column of the new row, like changed(new.status)"}},
      {"new.idd == 1 &&\nnew.bodi == 2",
       {"1:4 public.orders has no column 'idd'; did you mean 'id'?",
        "2:4 public.orders has no column 'bodi'; did you mean 'body'?"}},
      {"{'a': 1, 'a': 2} == {}", {"1:1 the map names a key twice, or is too large"}},
      {"(true ? 1 : 'a') == 1", {"1:7 both sides of ':' have the same type; these are int and string"}},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK(mistakes(text, orders()) == expected);
  }
}

TEST_CASE("a number of PostgreSQL's is compared with any other number and calculated with by converting it") {
  const auto priced = table({{"price", oid::numeric}});
  CHECK(mistakes("new.price + 1 > 2", priced) ==
        strings{"1:11 there is no 'numeric + int': numeric is compared, not calculated with; convert it with "
                "double()"});
  CHECK(mistakes("double(new.price) + 1.0 > 2 && new.price < 5u && new.price != 2.5", priced).empty());
}

TEST_CASE("old values that PostgreSQL does not send are refused before the first row") {
  using event::replica_identity;
  const strings refused{
      "1:4 old.status needs the old value of 'status', which PostgreSQL does not send: alter table "
      "public.orders replica identity full"};
  CHECK(mistakes("old.status == 'x'", orders()) == refused);
  CHECK(mistakes("old.status == 'x'", orders(replica_identity::index)) == refused);
  CHECK(mistakes("has(old.status)", orders()).size() == 1);
  CHECK(
      mistakes("changed(new.status)", orders()) ==
      strings{"1:12 changed(new.status) needs the old value of 'status', which PostgreSQL does not send: alter "
              "table public.orders replica identity full"});
  CHECK(mistakes("old.id == 1 && changed(new.id)", orders()).empty());
  CHECK(mistakes("old.id == 1", orders(replica_identity::nothing)).size() == 1);
  CHECK(mistakes("old.status == 'x' && changed(new.body)", orders(replica_identity::full)).empty());
}

TEST_CASE("a program knows which columns it reads") {
  const auto under_test =
      compiled("new.b == old.a || has(new.c.d) || changed(new.e) || new['f g'] == 1 || new.b == 2");
  const auto names = [](std::span<const std::string> of) { return strings(of.begin(), of.end()); };
  CHECK(names(under_test.new_columns()) == strings{"b", "c", "e", "f g"});
  CHECK(names(under_test.old_columns()) == strings{"a", "e"});
  CHECK(under_test.text().starts_with("new.b == old.a"));
}

TEST_CASE("expressions are bounded in length and depth") {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '(') + "true" + std::string(levels, ')');
  };
  CHECK(mistakes(nested(90), orders()).empty());
  CHECK(mistakes(nested(101), orders()) == strings{"1:101 the expression nests deeper than 100 levels"});
  CHECK(mistakes(std::string(200'000, '('), orders()) ==
        strings{"1:1 the expression has 200000 bytes; 65536 are allowed"});
  std::string sum = "1";
  for (int count = 0; count < 200; ++count) sum += "+1";
  CHECK(mistakes(sum + " > 0", orders()).size() == 1);
  std::string chain = "true";
  for (int count = 0; count < 5000; ++count) chain += " && true";
  CHECK(mistakes(chain, orders()).empty());
  CHECK(mistakes("op == '\xff'", orders()) == strings{"1:1 the expression is not valid UTF-8"});
  CHECK(mistakes("new.status.matches('" + std::string(1025, 'a') + "')", orders()) ==
        strings{"1:12 the regular expression is refused: it is too long"});
}

TEST_CASE("a filter on transactions knows no rows") {
  const auto told = [](std::string_view text) {
    auto made = transaction_filter::compile(text);
    const auto* const found = std::get_if<problems>(&made);
    return found == nullptr ? "" : found->front().what;
  };
  CHECK(told("new.id == 1") == "there is no 'new'");
  CHECK(told("tables['public.orders'] > 'x'") == "int and string have no order");
  CHECK(told("count") == "a filter is true or false; this is int");
  CHECK(told("count > 3 && 'public.orders' in tables").empty());
}

}  // namespace weir::filter::testing
