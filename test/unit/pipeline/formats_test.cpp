#include "flow_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace weir;
using namespace weir::pipeline;
using namespace weir::pipeline::test;
using encode::column_choice;
using encode::column_pattern;
using encode::mask;
using encode::record_format;

namespace {

std::shared_ptr<const column_choice> hiding_note() {
  std::vector<column_choice::masked_columns> masks;
  masks.push_back({{column_pattern{"note"}}, mask::fixed("***")});
  return std::make_shared<const column_choice>(std::vector<column_pattern>{}, std::vector<column_pattern>{},
                                               std::move(masks));
}

/// The value that went to a topic, the first one.
std::string value_in(const fake_sink& sink, std::string_view topic) {
  for (const auto& each : sink.taken) {
    if (each.topic == topic) return each.value.value_or("(tombstone)");
  }
  return "(nothing)";
}

/// Without what the clock says: every encoding asks it.
std::string until_clock(const std::string& text) { return text.substr(0, text.find("ts_ms")); }

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

flow_options in_all_formats() {
  auto with = usual_options();
  with.targets = {target_to("plain", "plain"), target_to("described", "described"), target_to("flat", "flat"),
                  target_to("events", "events")};
  with.targets[1].format = record_format::debezium_schema;
  with.targets[2].format = record_format::flat;
  with.targets[3].format = record_format::cloudevents;
  with.listeners = {listener_for("all", {0, 1, 2, 3})};
  return with;
}

}  // namespace

TEST_CASE("each target of one listener has the format of its own") {
  flowing it{in_all_formats()};
  it.transaction(0x2000, it.orders, 1, 1);
  CHECK(value_in(it.sink, "plain").starts_with(R"({"before":null,"after":{"id":1,"note":"note 1"})"));
  const auto described = value_in(it.sink, "described");
  CHECK(described.starts_with(R"({"schema":{"type":"struct")"));
  CHECK(holds(described, R"("name":"weir.public.orders.Envelope","version":2},"payload":)" +
                             until_clock(value_in(it.sink, "plain"))));
  CHECK(value_in(it.sink, "flat").starts_with(R"({"id":1,"note":"note 1","__deleted":"false","__op":"c")"));
  CHECK(holds(value_in(it.sink, "events"), R"("data":{"before":null,"after":{"id":1,"note":"note 1"}}})"));
  it.sink.deliver_all();
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("logical messages have the format of each target") {
  auto with = in_all_formats();
  for (auto& each : with.targets) each.message_topic = each.name;
  flowing it{with};
  it.say(0x2000, "said");
  CHECK(value_in(it.sink, "plain").starts_with(R"({"op":"m")"));
  CHECK(until_clock(value_in(it.sink, "flat")) == until_clock(value_in(it.sink, "plain")));
  CHECK(holds(value_in(it.sink, "described"), R"("payload":)" + until_clock(value_in(it.sink, "plain"))));
  CHECK(value_in(it.sink, "described").ends_with("}}}"));
  CHECK(holds(value_in(it.sink, "events"), R"("data":{"message":{"prefix":"p","content":"c2FpZA=="}}})"));
}

TEST_CASE("a grouped transaction has the format of its target") {
  auto with = in_all_formats();
  with.listeners.front().groups_by_transaction = true;
  flowing it{with};
  it.transaction(0x2000, it.orders, 1, 2);
  CHECK(holds(value_in(it.sink, "flat"), R"("changes":[{"id":1,"note":"note 1","__deleted":"false")"));
  CHECK(holds(value_in(it.sink, "plain"), R"("changes":[{"before":null)"));
  CHECK(holds(value_in(it.sink, "described"), R"("changes":[{"schema":)"));
  CHECK(holds(value_in(it.sink, "events"), R"("changes":[{"id":"name:weir;)"));
  it.sink.deliver_all();
  CHECK(it.is_quiet());
}

TEST_CASE("two listeners of one target show what each of them chooses") {
  auto with = usual_options();
  with.targets = {target_to("one", "one")};
  with.listeners = {listener_for("open", {0}), listener_for("masked", {0})};
  with.listeners[1].columns = hiding_note();
  flowing it{with};
  it.transaction(0x2000, it.orders, 1, 1);
  REQUIRE(it.sink.taken.size() == 2);
  CHECK(holds(*it.sink.taken[0].value, R"("note":"note 1")"));
  CHECK(holds(*it.sink.taken[1].value, R"("note":"***")"));
}

TEST_CASE("a filter sees what the listener masks") {
  auto with = usual_options();
  with.listeners.front().columns = hiding_note();
  with.listeners.front().filter = std::get<filter::program>(filter::program::compile("new.note == 'note 2'"));
  flowing it{with};
  it.transaction(0x2000, it.orders, 1, 3);
  REQUIRE(it.sink.taken.size() == 1);
  CHECK(holds(*it.sink.taken[0].value, R"("after":{"id":2,"note":"***"})"));
}

TEST_CASE("a dead letter made of a raw row shows nothing that is hidden") {
  auto with = usual_options();
  with.listeners.front().columns = hiding_note();
  with.listeners.front().filter = std::get<filter::program>(filter::program::compile("int(new.note) == 1"));
  flowing it{with};
  it.transaction(0x2000, it.orders, 1, 1);
  const auto letter = value_in(it.sink, dead_letters);
  CHECK(holds(letter, R"("op":"c")"));
  CHECK(holds(letter, R"({"column":{"base64":"bm90ZQ=="},"is":"hidden"})"));
  CHECK_FALSE(holds(letter, "bm90ZSAx"));  // note 1
  CHECK(holds(letter, R"("base64":"MQ==")"));
}

TEST_CASE("a template that names a hidden column makes dead letters, not records") {
  auto with = usual_options();
  with.listeners.front().columns = hiding_note();
  with.targets.front().headers.emplace_back("note", template_of("{new.note}", escaping::none));
  flowing it{with};
  it.transaction(0x2000, it.orders, 1, 1);
  REQUIRE(it.sink.taken.size() == 1);
  CHECK(it.sink.taken[0].topic == dead_letters);
  CHECK(holds(std::string{it.sink.taken[0].header("weir.error")},
              "a template of target kafka names the column note of public.orders, which the listener masks"));
  CHECK_FALSE(holds(*it.sink.taken[0].value, "bm90ZSAx"));
}

TEST_CASE("records of the transaction topic stand beside their schema where it is asked for") {
  auto with = usual_options();
  with.transaction_topic = "weir.transaction";
  with.transactions_have_schema = true;
  flowing it{with};
  it.transaction(0x2000, it.orders, 1, 1);
  const auto begin = value_in(it.sink, "weir.transaction");
  CHECK(begin.starts_with(R"({"schema":{"type":"struct","fields":[{"type":"string")"));
  CHECK(holds(begin, R"("payload":{"status":"BEGIN")"));
}
