#include <config/config.hpp>
#include <config/document_reader.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

#include <string>
#include <vector>

using weir::config::environment;
using weir::config::load;
using weir::config::parse_document;

namespace {

/// What stands in WEIR_CONFIG, and the exact line that the user then reads.
struct broken {
  std::string document;
  std::string message;
};

/// A good document but for `more`, which stands in the third line, third column.
std::string in_listener(const std::string& more) {
  return R"({"targets": [{"name": "stream"}, {"name": "audit"}],
 "listeners": [{"name": "orders", "targets": ["stream", "audit"],
  )" + more +
         "}]}";
}
std::string in_target(const std::string& more) {
  return R"({"listeners": [{"name": "orders", "targets": ["stream"]}],
 "targets": [{"name": "stream",
  )" + more +
         "}]}";
}
std::string many(const std::string& first, std::size_t count, const std::string& each,
                 const std::string& last) {
  auto text = first;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + fmt::format(fmt::runtime(each), i);
  return text + last;
}

const std::vector<broken>& table() {
  static const std::vector<broken> rows{
      // Text that is no JSON.
      {R"({"listeners": [})",
       R"(WEIR_CONFIG (line 1, column 16) is no JSON from here on; correct it there; nothing else was looked at)"},
      {R"({"listeners": [],
 "targets": [{"name": "a" "topic": "b"}]})",
       R"(WEIR_CONFIG (line 2, column 27) is no JSON from here on; correct it there; nothing else was looked at)"},
      {R"({"listeners": [
  {"name": "orders}
]})",
       R"(WEIR_CONFIG (line 2, column 12) has a string whose closing quote is missing in its line; correct it there; nothing else was looked at)"},
      {R"({"listeners": [{"name": "a\qb"}]})",
       R"(WEIR_CONFIG (line 1, column 25) has a string with a bad escape; correct it there; nothing else was looked at)"},
      {R"({"listeners": [{"name": nul}]})",
       R"(WEIR_CONFIG (line 1, column 25) is no JSON from here on; correct it there; nothing else was looked at)"},
      {R"({"listeners": [{"name": 1.2.3}]})",
       R"(WEIR_CONFIG (line 1, column 25) has a bad number; correct it there; nothing else was looked at)"},
      {R"({"listeners": [{"name": "a")",
       R"(WEIR_CONFIG (line 1, column 27) ends before every bracket is closed; correct it there; nothing else was looked at)"},
      {R"({"listeners": []} {})",
       R"(WEIR_CONFIG (line 1, column 19) goes on after its end; correct it there; nothing else was looked at)"},
      {R"({"listeners": [] // none
})",
       R"(WEIR_CONFIG (line 1, column 18) is no JSON from here on; correct it there; nothing else was looked at)"},
      {R"()", R"(WEIR_CONFIG (line 1, column 1) is empty; correct it there; nothing else was looked at)"},
      {R"(  
)",
       R"(WEIR_CONFIG (line 1, column 1) is empty; correct it there; nothing else was looked at)"},
      {R"("all")",
       R"(WEIR_CONFIG (line 1, column 1) is no object in braces; correct it there; nothing else was looked at)"},
      {R"([1, 2])", R"(WEIR_CONFIG (line 1, column 1) is a list, not an object; write a document in braces)"},
      {R"({"listeners": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]})",
       R"(WEIR_CONFIG (line 1, column 30) is deeper than 16 levels; correct it there; nothing else was looked at)"},
      {"{\"listeners\": [],\n \"targets\": \"\xff\"}",
       R"(WEIR_CONFIG (line 2, column 1) is not UTF-8 in this line; correct it there; nothing else was looked at)"},
      // What a document must have.
      {R"({"targets": [{"name": "stream"}]})",
       R"(WEIR_CONFIG (line 1, column 1) has no "listeners"; define at least one: {"name": "all", "targets": [...]})"},
      {R"({"listeners": [{"name": "all", "targets": ["stream"]}]})",
       R"(WEIR_CONFIG (line 1, column 1) has no "targets"; define at least one: {"name": "stream"})"},
      {R"({"listeners": [], "targets": [{"name": "stream"}]})",
       R"(WEIR_CONFIG /listeners (line 1, column 15) is empty; write a listener)"},
      {R"({"listeners": [{"name": "all", "targets": ["stream"]}], "targets": []})",
       R"(WEIR_CONFIG /targets (line 1, column 68) is empty; write a target)"},
      {R"({"listeners": {"name": "all"}, "targets": [{"name": "stream"}]})",
       R"(WEIR_CONFIG /listeners (line 1, column 15) is an object, not a list; write a list with a listener in it)"},
      {R"({"listeners": ["all"], "targets": [{"name": "stream"}]})",
       R"(WEIR_CONFIG /listeners/0 (line 1, column 16)="all" is a text, not an object; write a listener in braces)"},
      {R"({"listners": [], "listeners": [{"name": "all", "targets": ["stream"]}], "targets": [{"name": "stream"}]})",
       R"(WEIR_CONFIG /listners (line 1, column 2) is no key of a document; did you mean listeners?)"},
      {many("{\"targets\": [{\"name\": \"t\"}],\n \"listeners\": [", 65,
            R"({{"name": "l{}", "targets": ["t"]}})", "]}"),
       R"(WEIR_CONFIG /listeners (line 2, column 15) has 65 entries; at most 64 are allowed)"},
      {many("{\"listeners\": [{\"name\": \"l\", \"targets\": [\"t0\"]}],\n \"targets\": [", 65,
            R"({{"name": "t{}"}})", "]}"),
       R"(WEIR_CONFIG /targets (line 2, column 13) has 65 entries; at most 64 are allowed)"},
      // Listeners.
      {R"({"targets": [{"name": "stream"}],
 "listeners": [{"targets": ["stream"]}]})",
       R"(WEIR_CONFIG /listeners/0 (line 2, column 16) has no "name"; give it one, such as "name": "orders")"},
      {R"({"targets": [{"name": "stream"}],
 "listeners": [{"name": "all"}]})",
       R"(WEIR_CONFIG /listeners/0 (line 2, column 16) has no "targets"; name at least one target)"},
      {R"({"targets": [{"name": "stream"}],
 "listeners": [{"name": "all", "targets": []}]})",
       R"(WEIR_CONFIG /listeners/0/targets (line 2, column 43) is empty; write a target's name)"},
      {R"({"targets": [{"name": "stream"}],
 "listeners": [{"name": "all", "targets": ["straem"]}]})",
       R"(WEIR_CONFIG /listeners/0/targets/0 (line 2, column 44)="straem" is no target; did you mean stream?)"},
      {R"({"targets": [{"name": "stream"}, {"name": "audit"}],
 "listeners": [{"name": "all", "targets": ["elsewhere"]}]})",
       R"(WEIR_CONFIG /listeners/0/targets/0 (line 2, column 44)="elsewhere" is no target; the targets are stream, audit)"},
      {R"({"targets": [{"name": "stream"}],
 "listeners": [{"name": "all", "targets": ["stream", "stream"]}]})",
       R"(WEIR_CONFIG /listeners/0/targets/1 (line 2, column 54)="stream" stands here twice; take one of them away)"},
      {R"({"targets": [{"name": "stream"}],
 "listeners": [{"name": "all", "targets": "stream"}]})",
       R"(WEIR_CONFIG /listeners/0/targets (line 2, column 43)="stream" is a text, not a list; write a list with a target's name in it)"},
      {R"({"targets": [{"name": "stream"}],
 "listeners": [{"name": "a", "targets": ["stream"]}, {"name": "a", "targets": ["stream"]}]})",
       R"(WEIR_CONFIG /listeners/1/name (line 2, column 63)="a" is the name of /listeners/0 too; give each its own)"},
      {R"({"targets": [{"name": "stream"}],
 "listeners": [{"name": "all orders", "targets": ["stream"]}]})",
       R"(WEIR_CONFIG /listeners/0/name (line 2, column 25)="all orders" holds ' '; a name is made of letters, digits, '.', '_' and '-')"},
      {R"({"targets": [{"name": "stream"}],
 "listeners": [{"name": "", "targets": ["stream"]}]})",
       R"(WEIR_CONFIG /listeners/0/name (line 2, column 25)="" is empty; a name has 1 to 64 letters, digits, '.', '_' and '-')"},
      {R"({"targets": [{"name": "stream"}],
 "listeners": [{"name": 7, "targets": ["stream"]}]})",
       R"(WEIR_CONFIG /listeners/0/name (line 2, column 25)=7 is a number, not a text; write a name)"},
      {in_listener(R"("tabels": ["public.orders"])"),
       R"(WEIR_CONFIG /listeners/0/tabels (line 3, column 3) is no key of a listener; did you mean tables?)"},
      {in_listener(R"("frobnicate": 1)"),
       R"(WEIR_CONFIG /listeners/0/frobnicate (line 3, column 3) is no key of a listener; the keys are name, tables, columns, operations, filter, filter_error, group_by, transaction_filter, targets)"},
      {in_listener(R"("tables": [])"),
       R"(WEIR_CONFIG /listeners/0/tables (line 3, column 13) is empty; write a table such as "public.orders")"},
      {in_listener(R"("tables": "public.orders")"),
       R"(WEIR_CONFIG /listeners/0/tables (line 3, column 13)="public.orders" is a text, not a list; write a list with a table such as "public.orders" in it)"},
      {in_listener(R"("tables": ["orders"])"),
       R"(WEIR_CONFIG /listeners/0/tables/0 (line 3, column 14)="orders" names the table 'orders'; write each as schema.table; * stands for any part of a name, as in public.order_*)"},
      {in_listener(R"("tables": ["public.orders", 5])"),
       R"(WEIR_CONFIG /listeners/0/tables/1 (line 3, column 31)=5 is a number, not a text; write a table such as "public.orders")"},
      {in_listener(R"("tables": ["public.orders", "public.orders"])"),
       R"(WEIR_CONFIG /listeners/0/tables/1 (line 3, column 31)="public.orders" stands here twice; take one of them away)"},
      {in_listener(R"("operations": [])"),
       R"(WEIR_CONFIG /listeners/0/operations (line 3, column 17) is empty; write an operation such as "c")"},
      {in_listener(R"("operations": ["create"])"),
       R"(WEIR_CONFIG /listeners/0/operations/0 (line 3, column 18)="create" is no operation; choose c (create), u (update), d (delete), t (truncate), m (message), r (read by a snapshot))"},
      {in_listener(R"("operations": ["c", "u", "c"])"),
       R"(WEIR_CONFIG /listeners/0/operations/2 (line 3, column 28)="c" stands here twice; take one of them away)"},
      {in_listener(R"("filter": true)"),
       R"(WEIR_CONFIG /listeners/0/filter (line 3, column 13)=true is a boolean, not a text; write a condition, or leave it out)"},
      {in_listener(R"("filter": "")"),
       R"(WEIR_CONFIG /listeners/0/filter (line 3, column 13)="" is empty; write a condition, or leave it out)"},
      {in_listener(R"("filter": "true", "filter": "false")"),
       R"(WEIR_CONFIG /listeners/0/filter (line 3, column 21) stands here twice; take one of them away)"},
      {in_listener(R"("filter": "true", "filter_error": "ignore")"),
       R"(WEIR_CONFIG /listeners/0/filter_error (line 3, column 37)="ignore" is not one of the choices; choose dead_letter, drop, keep, stop)"},
      {in_listener(R"("filter_error": "drop")"),
       R"(WEIR_CONFIG /listeners/0/filter_error (line 3, column 19)="drop" has no filter to stand in for; add a filter, or take it away)"},
      {in_listener(R"("group_by": "table")"),
       R"(WEIR_CONFIG /listeners/0/group_by (line 3, column 15)="table" is not one of the choices; choose transaction)"},
      {in_listener(R"("group_by": null)"),
       R"(WEIR_CONFIG /listeners/0/group_by (line 3, column 15) is null, not a text; choose transaction)"},
      {in_listener(R"("transaction_filter": "count > 1")"),
       R"(WEIR_CONFIG /listeners/0/transaction_filter (line 3, column 25)="count > 1" has no transaction to judge; add "group_by": "transaction", or take it away)"},
      // Targets.
      {R"({"listeners": [{"name": "all", "targets": ["stream"]}],
 "targets": [{"name": "stream"}, {"topic": "a"}]})",
       R"(WEIR_CONFIG /targets/1 (line 2, column 34) has no "name"; give it one, such as "name": "orders")"},
      {R"({"listeners": [{"name": "all", "targets": ["stream"]}],
 "targets": [{"name": "stream"}, {"name": "stream"}]})",
       R"(WEIR_CONFIG /targets/1/name (line 2, column 43)="stream" is the name of /targets/0 too; give each its own)"},
      {"{\"listeners\": [{\"name\": \"all\", \"targets\": [\"" + std::string(65, 't') +
           "\"]}],\n \"targets\": [{\"name\": \"" + std::string(65, 't') + "\"}]}",
       R"(WEIR_CONFIG /targets/0/name (line 2, column 23)="tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt..." has 65 characters; a name has at most 64)"},
      {in_target(R"("topc": "a")"),
       R"(WEIR_CONFIG /targets/0/topc (line 3, column 3) is no key of a target; did you mean topic?)"},
      {in_target(R"("topic": "")"),
       R"(WEIR_CONFIG /targets/0/topic (line 3, column 12)="" is empty; write a template such as {prefix}.{schema}.{table})"},
      {in_target(R"("topic": 5)"),
       R"(WEIR_CONFIG /targets/0/topic (line 3, column 12)=5 is a number, not a text; write a template such as {prefix}.{schema}.{table})"},
      {in_target(R"("key": "id")"),
       R"(WEIR_CONFIG /targets/0/key (line 3, column 10)="id" is no form of a key; write "primary_key", "none", a list of columns, or {"template": "..."})"},
      {in_target(R"("key": [])"),
       R"(WEIR_CONFIG /targets/0/key (line 3, column 10) is empty; write a column's name)"},
      {in_target(R"("key": ["id", "id"])"),
       R"(WEIR_CONFIG /targets/0/key/1 (line 3, column 17)="id" stands here twice; take one of them away)"},
      {in_target(R"("key": [""])"),
       R"(WEIR_CONFIG /targets/0/key/0 (line 3, column 11)="" is empty; name a column)"},
      {in_target(R"("key": {"templat": "{new.id}"})"),
       R"(WEIR_CONFIG /targets/0/key/templat (line 3, column 11) is no key of a key by template; did you mean template?)"},
      {in_target(R"("key": {})"),
       R"(WEIR_CONFIG /targets/0/key (line 3, column 10) has no "template"; write {"template": "{new.tenant_id}"})"},
      {in_target(R"("key": 5)"),
       R"(WEIR_CONFIG /targets/0/key (line 3, column 10)=5 is a number, not a text; write "primary_key", "none", a list of columns, or {"template": "..."})"},
      {in_target(R"("partition_by": ["region"])"),
       R"(WEIR_CONFIG /targets/0/partition_by (line 3, column 19) is a list, not a text; name a column)"},
      {in_target(R"("headers": ["source"])"),
       R"(WEIR_CONFIG /targets/0/headers (line 3, column 14) is a list, not an object; write {"name": "template"})"},
      {in_target(R"("headers": {"source": 1})"),
       R"(WEIR_CONFIG /targets/0/headers/source (line 3, column 25)=1 is a number, not a text; write a text or a template)"},
      {in_target(R"("headers": {"weir.position": "a"})"),
       R"(WEIR_CONFIG /targets/0/headers/weir.position (line 3, column 15) is a header that Weir writes itself; choose another name)"},
      {in_target(R"("headers": {"a": "1", "a": "2"})"),
       R"(WEIR_CONFIG /targets/0/headers/a (line 3, column 25) stands here twice; take one of them away)"},
      {in_target(R"("headers": {"": "1"})"),
       R"(WEIR_CONFIG /targets/0/headers/ (line 3, column 15) is a header without a name; name it)"},
      {in_target(R"("on_error": "retry")"),
       R"(WEIR_CONFIG /targets/0/on_error (line 3, column 15)="retry" is not one of the choices; choose dead_letter, stop, drop)"},
      {in_target(R"("group_limit": "10")"),
       R"(WEIR_CONFIG /targets/0/group_limit (line 3, column 18)="10" needs a unit; write a whole number with B, KiB, MiB or GiB, such as 32MiB)"},
      {in_target(R"("group_limit": "10MB")"),
       R"(WEIR_CONFIG /targets/0/group_limit (line 3, column 18)="10MB" has the unknown unit 'MB'; write a whole number with B, KiB, MiB or GiB, such as 32MiB)"},
      {in_target(R"("group_limit": "10B")"),
       R"(WEIR_CONFIG /targets/0/group_limit (line 3, column 18)="10B" is too small; the least is 1KiB)"},
      {in_target(R"("group_limit": "4GiB")"),
       R"(WEIR_CONFIG /targets/0/group_limit (line 3, column 18)="4GiB" is too large; the most is 1GiB)"},
      {in_target(R"("group_limit": 100000)"),
       R"(WEIR_CONFIG /targets/0/group_limit (line 3, column 18)=100000 is a number, not a text; write a size with its unit, such as "900KiB")"},
      {in_listener(R"("columns": {"include": ["id"], "exclude": ["ssn"]})"),
       R"(WEIR_CONFIG /listeners/0/columns/exclude (line 3, column 45) stands beside include; say which stay, or which go)"},
      {in_listener(R"("columns": {"exclude": ["users.ssn"]})"),
       R"(WEIR_CONFIG /listeners/0/columns/exclude/0 (line 3, column 27)="users.ssn" names the column 'users.ssn'; write column or schema.table.column; * stands for any part of a name)"},
      {in_listener(R"("columns": {"mask": [{"columns": ["ssn"], "fixed": "*", "truncate": 4}]})"),
       R"(WEIR_CONFIG /listeners/0/columns/mask/0 (line 3, column 24) says not exactly one way to mask; write one of "fixed", "hash" and "truncate")"},
      {in_listener(R"("columns": {"mask": [{"columns": ["ssn"], "hash": "md5"}]})"),
       R"(WEIR_CONFIG /listeners/0/columns/mask/0/hash (line 3, column 53)="md5" is not one of the choices; choose sha256)"},
      {in_target(R"("format": "protobuf")"),
       R"(WEIR_CONFIG /targets/0/format (line 3, column 13)="protobuf" is not one of the choices; choose debezium, debezium+schema, flat, cloudevents, avro)"},
  };
  return rows;
}

std::string lines_of(const std::vector<weir::config::mistake>& all) {
  std::string text;
  for (const auto& each : all) text += (text.empty() ? "" : "\n") + to_string(each);
  return text;
}

}  // namespace

TEST_CASE("002-14 002-10 each broken document is told in exactly one sentence with its place") {
  REQUIRE(table().size() >= 40);
  for (const auto& row : table()) {
    INFO(row.document.substr(0, 400));
    CHECK(lines_of(parse_document(row.document).mistakes) == row.message);
  }
}

TEST_CASE("002-14 a document of twenty mistakes shows twenty mistakes, from its top to its end") {
  const auto read = parse_document(R"({
  "version": 2,
  "listeners": [
    {"tables": ["public.orders"], "targets": ["stream"]},
    {"name": "all orders", "tables": [], "targets": ["straem"]},
    {"name": "audit", "tables": ["orders"], "filtr": "true", "targets": ["audit"]},
    {"name": "audit", "group_by": "table", "targets": []},
    {"name": "late", "filter": 1, "filter_error": "retry", "transaction_filter": "count > 1"}
  ],
  "targets": [
    {"name": "stream", "topc": "a", "key": "id", "headers": {"weir.run": "1"}},
    {"name": "stream", "on_error": "ignore"},
    {"name": "audit", "format": "protobuf"}
  ]
})");
  CHECK(weir::config::report(read.mistakes) == R"(the configuration has 20 mistakes:
  WEIR_CONFIG /version (line 2, column 3) is no key of a document; the keys are listeners, targets
  WEIR_CONFIG /listeners/0 (line 4, column 5) has no "name"; give it one, such as "name": "orders"
  WEIR_CONFIG /listeners/1/name (line 5, column 14)="all orders" holds ' '; a name is made of letters, digits, '.', '_' and '-'
  WEIR_CONFIG /listeners/1/tables (line 5, column 38) is empty; write a table such as "public.orders"
  WEIR_CONFIG /listeners/1/targets/0 (line 5, column 54)="straem" is no target; did you mean stream?
  WEIR_CONFIG /listeners/2/tables/0 (line 6, column 34)="orders" names the table 'orders'; write each as schema.table; * stands for any part of a name, as in public.order_*
  WEIR_CONFIG /listeners/2/filtr (line 6, column 45) is no key of a listener; did you mean filter?
  WEIR_CONFIG /listeners/3/name (line 7, column 14)="audit" is the name of /listeners/2 too; give each its own
  WEIR_CONFIG /listeners/3/group_by (line 7, column 35)="table" is not one of the choices; choose transaction
  WEIR_CONFIG /listeners/3/targets (line 7, column 55) is empty; write a target's name
  WEIR_CONFIG /listeners/4 (line 8, column 5) has no "targets"; name at least one target
  WEIR_CONFIG /listeners/4/filter (line 8, column 32)=1 is a number, not a text; write a condition, or leave it out
  WEIR_CONFIG /listeners/4/filter_error (line 8, column 51)="retry" is not one of the choices; choose dead_letter, drop, keep, stop
  WEIR_CONFIG /listeners/4/transaction_filter (line 8, column 82)="count > 1" has no transaction to judge; add "group_by": "transaction", or take it away
  WEIR_CONFIG /targets/0/topc (line 11, column 24) is no key of a target; did you mean topic?
  WEIR_CONFIG /targets/0/key (line 11, column 44)="id" is no form of a key; write "primary_key", "none", a list of columns, or {"template": "..."}
  WEIR_CONFIG /targets/0/headers/weir.run (line 11, column 62) is a header that Weir writes itself; choose another name
  WEIR_CONFIG /targets/1/name (line 12, column 14)="stream" is the name of /targets/0 too; give each its own
  WEIR_CONFIG /targets/1/on_error (line 12, column 36)="ignore" is not one of the choices; choose dead_letter, stop, drop
  WEIR_CONFIG /targets/2/format (line 13, column 33)="protobuf" is not one of the choices; choose debezium, debezium+schema, flat, cloudevents, avro
)");
}

TEST_CASE("002-14 no prefix of a document is taken for a whole one, and each tells where it ends") {
  const auto whole = in_target(R"("key": {"template": "\u00e9{new.id}"}, "group_limit": "10KiB")");
  REQUIRE(parse_document(whole).mistakes.empty());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = parse_document(whole.substr(0, size));
    INFO(whole.substr(0, size));
    REQUIRE(read.mistakes.size() == 1);
    CHECK(read.mistakes[0].name.starts_with("WEIR_CONFIG (line "));
  }
}

TEST_CASE("002-14 whatever byte of a document is wrong, nothing is thrown and each mistake has its place") {
  const auto whole =
      in_target(R"("key": {"template": "\u00e9{new.id}"}, "headers": {"a": "b"}, "group_limit": "10KiB")");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char byte : std::string{"\"\\{}[],:1t\n\xff\0", 13}) {
      auto other = whole;
      other[at] = byte;
      INFO(other);
      for (const auto& each : parse_document(other).mistakes) {
        REQUIRE(each.name.find("(line ") != std::string::npos);
        REQUIRE(!each.wrong.empty());
      }
    }
  }
}

TEST_CASE("002-14 what the environment holds is judged together with the document") {
  const auto together = [](environment set) {
    set.emplace("WEIR_BROKERS", "kafka:9092");
    return lines_of(load(set).mistakes);
  };
  const std::string good = R"({"listeners": [{"name": "a", "targets": ["t"]}], "targets": [{"name": "t"}]})";
  CHECK(together({{"WEIR_CONFIG", good}}).empty());
  CHECK(
      together({{"WEIR_CONFIG", good}, {"WEIR_TABLES", "public.a"}}) ==
      R"(WEIR_TABLES="public.a" cannot be beside WEIR_CONFIG; move it into the document, as "tables" of a listener)");
  CHECK(
      together({{"WEIR_CONFIG", good}, {"WEIR_TOPIC", "{prefix}.all"}}) ==
      R"(WEIR_TOPIC="{prefix}.all" cannot be beside WEIR_CONFIG; move it into the document, as "topic" of a target)");
  CHECK(
      together({{"WEIR_CONFIG", "/nowhere/weir.json"}}) ==
      R"(WEIR_CONFIG="/nowhere/weir.json" cannot be read; name a file that can be, or write the document itself: {...})");
  CHECK(together({{"WEIR_CONFIG", "/etc"}}) ==
        R"(WEIR_CONFIG="/etc" cannot be read; name a file that can be, or write the document itself: {...})");
  CHECK(together({{"WEIR_CONFIG", "/dev/null"}}) ==
        "WEIR_CONFIG (line 1, column 1) is empty; correct it there; nothing else was looked at");
  CHECK(together({{"WEIR_CONFIG", "/dev/zero"}}) == "WEIR_CONFIG holds more than 1MiB; that is no document");
  CHECK(together({{"WEIR_CONFIG", good}, {"WEIR_SLOT", "A"}, {"WEIR_SPILL_LIMIT", "1"}}) ==
        R"(WEIR_SLOT="A" holds 'A'; a slot's name is made of lower-case letters, digits and _
WEIR_SPILL_LIMIT="1" needs a unit; write a whole number with B, KiB, MiB or GiB, such as 32MiB)");
  CHECK(
      together({{"WEIR_TOPIC", "{prefix}.transaction"}, {"WEIR_TRANSACTION_METADATA", "on"}}) ==
      R"(WEIR_TOPIC="{prefix}.transaction" names weir.transaction, one of Weir's own topics; choose another name)");
  CHECK(together({{"WEIR_TOPIC", "{prefix}.transaction"}}).empty());
}
