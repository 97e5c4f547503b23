#include <config/config.hpp>
#include <config/document_reader.hpp>

#include <catch2/catch_test_macros.hpp>

#include <support/temporary_directory.hpp>

#include <fstream>
#include <string>

using weir::config::environment;
using weir::config::load;
using weir::config::parse_document;

namespace {

const std::string whole = R"({
  "listeners": [
    {"name": "orders", "tables": ["public.orders", "public.order_*"], "operations": ["c", "u", "d"],
     "filter": "op != 'u' || new.status != old.status", "filter_error": "keep",
     "group_by": "transaction", "transaction_filter": "size > 1", "targets": ["audit"]},
    {"name": "all", "targets": ["stream", "audit-2"]}
  ],
  "targets": [
    {"name": "stream", "topic": "{prefix}.{schema}.{table}", "key": "primary_key", "format": "debezium",
     "on_error": "dead_letter"},
    {"name": "audit", "topic": "audit", "headers": {"source": "shop", "of": "{op}"}, "on_error": "stop",
     "group_limit": "512KiB"},
    {"name": "audit-2", "key": ["tenant_id", "id"], "partition_by": "region", "on_error": "drop"}
  ]
})";

environment with(const std::string& config) {
  return {{"WEIR_BROKERS", "kafka:9092"}, {"WEIR_CONFIG", config}};
}

}  // namespace

TEST_CASE("a document becomes listeners and targets with every key in its place") {
  const auto read = load(with(whole));
  CHECK(weir::config::report(read.mistakes).empty());
  const auto& [listeners, targets] = read.settings.document;
  REQUIRE(listeners.size() == 2);
  CHECK(listeners[0].name == "orders");
  REQUIRE(listeners[0].tables.size() == 2);
  CHECK(listeners[0].tables[1].text == "public.order_*");
  CHECK(listeners[0].operations == "cud");
  REQUIRE(listeners[0].filter);
  CHECK(listeners[0].filter->text == "op != 'u' || new.status != old.status");
  CHECK(listeners[0].on_filter_error == weir::config::filter_error::keep);
  CHECK(listeners[0].groups_by_transaction);
  REQUIRE(listeners[0].transaction_filter);
  CHECK(listeners[0].targets == std::vector<std::size_t>{1});
  CHECK(listeners[1].tables.empty());
  CHECK(listeners[1].operations == "cudtr");
  CHECK(!listeners[1].filter);
  CHECK(listeners[1].on_filter_error == weir::config::filter_error::dead_letter);
  CHECK(listeners[1].targets == std::vector<std::size_t>{0, 2});

  REQUIRE(targets.size() == 3);
  CHECK(targets[0].topic.text == "{prefix}.{schema}.{table}");
  CHECK(std::holds_alternative<weir::config::primary_key>(targets[0].key));
  CHECK(targets[0].policy == weir::config::on_error::dead_letter);
  CHECK(targets[0].group_limit == weir::config::default_group_limit);
  CHECK(targets[1].topic.text == "audit");
  REQUIRE(targets[1].headers.size() == 2);
  CHECK(targets[1].headers[1].first == "of");
  CHECK(targets[1].headers[1].second.text == "{op}");
  CHECK(targets[1].policy == weir::config::on_error::stop);
  CHECK(targets[1].group_limit == 512 * weir::kibibyte);
  const auto* columns = std::get_if<weir::config::column_key>(&targets[2].key);
  REQUIRE(columns != nullptr);
  CHECK(columns->columns.at(1).text == "id");
  CHECK(targets[2].topic.text == "{prefix}.{schema}.{table}");
  REQUIRE(targets[2].partition_by);
  CHECK(targets[2].partition_by->text == "region");
  CHECK(targets[2].policy == weir::config::on_error::drop);
}

TEST_CASE("every value knows its JSON pointer, line and column") {
  const auto read = parse_document(whole);
  const auto& filter = read.document.listeners.at(0).filter;
  REQUIRE(filter);
  CHECK(filter->at.pointer == "/listeners/0/filter");
  CHECK(filter->at.line == 4);
  CHECK(filter->at.column == 16);
  CHECK(read.document.listeners.at(1).at.line == 6);
  CHECK(read.document.listeners.at(1).at.column == 5);
  CHECK(read.document.targets.at(1).headers.at(0).second.at.pointer == "/targets/1/headers/source");
}

TEST_CASE("the four forms of a key, and what a pointer escapes") {
  const auto read =
      parse_document(R"({"listeners": [{"name": "a", "targets": ["p", "n", "c", "t"]}], "targets": [
    {"name": "p", "key": "primary_key", "headers": {"a/b~c": "x"}}, {"name": "n", "key": "none"},
    {"name": "c", "key": ["id"]}, {"name": "t", "key": {"template": "{new.id}"}}]})");
  REQUIRE(read.mistakes.empty());
  CHECK(read.document.targets[0].key.index() == 0);
  CHECK(read.document.targets[1].key.index() == 1);
  CHECK(read.document.targets[2].key.index() == 2);
  REQUIRE(std::holds_alternative<weir::config::template_key>(read.document.targets[3].key));
  CHECK(std::get<weir::config::template_key>(read.document.targets[3].key).text.at.pointer ==
        "/targets/3/key/template");
  CHECK(read.document.targets[0].headers[0].second.at.pointer == "/targets/0/headers/a~1b~0c");
}

TEST_CASE("without a document there is one listener for everything and one target named after the sink") {
  const auto read = load({{"WEIR_BROKERS", "kafka:9092"},
                          {"WEIR_TABLES", "public.a,public.b_*"},
                          {"WEIR_TOPIC", "{prefix}-{table}"}});
  REQUIRE(read.is_good());
  const auto& [listeners, targets] = read.settings.document;
  REQUIRE(listeners.size() == 1);
  CHECK(listeners[0].name == "all");
  CHECK(listeners[0].operations == "cudtmr");
  REQUIRE(listeners[0].tables.size() == 2);
  CHECK(listeners[0].tables[1].text == "public.b_*");
  CHECK(listeners[0].tables[1].at.line == 0);
  CHECK(listeners[0].targets == std::vector<std::size_t>{0});
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].name == "kafka");
  CHECK(targets[0].topic.text == "{prefix}-{table}");
  CHECK(load({{"WEIR_SINK", "stdout"}}).settings.document.targets.at(0).name == "stdout");
  CHECK(load({{"WEIR_SINK", "stdout"}}).settings.document.listeners.at(0).tables.empty());
}

TEST_CASE("the document may stand in a file") {
  const weir::support::temporary_directory directory;
  const auto path = (directory.path() / "weir.json").string();
  std::ofstream{path} << whole;
  const auto read = load(with(path));
  CHECK(weir::config::report(read.mistakes).empty());
  CHECK(read.settings.document.listeners.size() == 2);
}

TEST_CASE("what is to be published is what all listeners name together") {
  const auto of = [](const std::string& first, const std::string& second) {
    return load(with(R"({"listeners": [{"name": "a", "targets": ["t"])" + first +
                     R"(}, {"name": "b", "targets": ["t"])" + second + R"(}], "targets": [{"name": "t"}]})"))
        .settings.tables;
  };
  CHECK(of(R"(, "tables": ["a.b", "a.c"])", R"(, "tables": ["a.c", "a.d"])") ==
        std::vector<std::string>{"a.b", "a.c", "a.d"});
  CHECK(of(R"(, "tables": ["a.b"])", "").empty());
}

TEST_CASE("a target that no listener names is told, and is no mistake") {
  const auto read = load(
      with(R"({"listeners": [{"name": "a", "targets": ["t"]}], "targets": [{"name": "t"}, {"name": "u"}]})"));
  CHECK(read.is_good());
  CHECK(read.notices == std::vector<std::string>{"no listener names the target u"});
}

TEST_CASE("spilling and Debezium's transaction metadata have their places") {
  const auto plain = load({{"WEIR_SINK", "stdout"}}).settings;
  CHECK(plain.spill.empty());
  CHECK(plain.spill_limit == 1024 * weir::mebibyte);
  CHECK(!plain.transaction_metadata);
  const auto set = load({{"WEIR_SINK", "stdout"},
                         {"WEIR_SPILL", "/var/spill"},
                         {"WEIR_SPILL_LIMIT", "2GiB"},
                         {"WEIR_TOPIC_PREFIX", "shop"},
                         {"WEIR_TRANSACTION_METADATA", "on"}})
                       .settings;
  CHECK(set.spill == "/var/spill");
  CHECK(set.spill_limit == 2048 * weir::mebibyte);
  CHECK(set.transaction_metadata);
  CHECK(set.transaction_topic == "shop.transaction");
}
