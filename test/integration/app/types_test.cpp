#include "bed.hpp"

#include <support/golden.hpp>

#include <fmt/format.h>
#include <simdjson.h>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace weir;
using support::golden_case;

namespace {

using modes = std::map<std::string, std::string>;

/// Debezium's options by what Weir calls them.
const modes settings_of{{"time.precision.mode", "WEIR_TIMES"},
                        {"decimal.handling.mode", "WEIR_DECIMALS"},
                        {"money.fraction.digits", "WEIR_MONEY_FRACTION_DIGITS"},
                        {"binary.handling.mode", "WEIR_BINARY"},
                        {"interval.handling.mode", "WEIR_INTERVALS"},
                        {"hstore.handling.mode", "WEIR_HSTORE"},
                        {"include.unknown.datatypes", "WEIR_UNKNOWN_TYPES"}};

/// Each option's values stand together with all others' in as few runs as the longest list has.
const std::vector<modes> runs_of_debezium = [] {
  constexpr std::size_t count = 6;
  const std::map<std::string, std::array<const char*, count>> values{
      {"time.precision.mode",
       {"adaptive", "adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds"}},
      {"decimal.handling.mode", {"precise", "string", "double", "precise", "string", "double"}},
      {"money.fraction.digits", {"2", "2", "2", "0", "4", "4"}},
      {"binary.handling.mode", {"bytes", "base64", "hex", "base64-url-safe", "bytes", "bytes"}},
      {"include.unknown.datatypes", {"false", "true", "true", "true", "true", "false"}},
      {"interval.handling.mode", {"numeric", "string", "numeric", "string", "numeric", "string"}},
      {"hstore.handling.mode", {"json", "map", "json", "map", "json", "map"}}};
  std::vector<modes> runs(count);
  for (const auto& [option, each] : values) {
    for (std::size_t i = 0; i < count; ++i) runs[i][option] = each[i];
  }
  return runs;
}();

/// What these options are where nothing is said, and Weir's rules count.
const modes own_defaults{{"time.precision.mode", "adaptive"},   {"decimal.handling.mode", "string"},
                         {"money.fraction.digits", "2"},        {"binary.handling.mode", "bytes"},
                         {"interval.handling.mode", "string"},  {"hstore.handling.mode", "json"},
                         {"include.unknown.datatypes", "false"}};

bool is_of(const golden_case& which, const modes& options) {
  return std::ranges::all_of(which.mode,
                             [&](const auto& option) { return options.at(option.first) == option.second; });
}

/// All literals in a few wide tables, one row each; those of NOT NULL columns in tables of their own.
class wide_tables {
 public:
  explicit wide_tables(const std::vector<golden_case>& cases) {
    for (const bool is_before : {false, true}) {
      for (const auto& each : cases) {
        if (each.is_before == is_before) place(each);
      }
    }
    for (const auto& each : cases) {
      if (!each.needs.empty()) needs_.insert(each.needs);
    }
  }

  void create(support::postgres_server& in) const {
    for (const auto& each : needs_) in.exec(each);
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      std::string columns = "id int primary key";
      for (std::size_t n = 0; n < tables_[i].size(); ++n) {
        columns += fmt::format(", c{} {}{}", n, tables_[i][n].type, tables_[i][n].is_before ? " not null" : "");
      }
      in.exec(fmt::format("create table wide{}({})", i, columns));
    }
  }

  /// One insert and one delete for each.
  void change(support::postgres_server& in) const {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      std::string literals = "1";
      for (const auto& each : tables_[i]) literals += ", " + each.literal;
      in.exec(fmt::format("insert into wide{} values ({})", i, literals));
      in.exec(fmt::format("delete from wide{}", i));
    }
  }

  [[nodiscard]] std::size_t size() const { return tables_.size(); }
  /// Table and column.
  [[nodiscard]] std::pair<std::size_t, std::size_t> place_of(const golden_case& of) const {
    return places_.at({of.is_before, of.type, of.literal});
  }

 private:
  void place(const golden_case& of) {
    constexpr std::size_t widest = 60;
    const auto [found, is_new] = places_.try_emplace({of.is_before, of.type, of.literal});
    if (!is_new) return;
    if (tables_.empty() || tables_.back().size() == widest || tables_.back().back().is_before != of.is_before) {
      tables_.emplace_back();
    }
    found->second = {tables_.size() - 1, tables_.back().size()};
    tables_.back().push_back(of);
  }

  std::vector<std::vector<golden_case>> tables_;
  std::map<std::tuple<bool, std::string, std::string>, std::pair<std::size_t, std::size_t>> places_;
  std::set<std::string> needs_;
};

/// The rows that one run of weir wrote: by table, of its insert and of its delete.
class written_rows {
 public:
  written_rows(support::kafka_client& kafka, const std::string& prefix) {
    for (const auto& each : kafka.read_prefix(prefix + ".public.wide")) {
      if (!each.value) continue;
      simdjson::dom::parser parser;
      const auto value = parser.parse(simdjson::padded_string(*each.value)).value();
      const bool is_delete = value["op"].get_string().value() == "d";
      const auto row = value[is_delete ? "before" : "after"].get_object().value();
      auto& columns = rows_[{each.topic.substr((prefix + ".public.wide").size()), is_delete}];
      for (const auto field : row) columns.emplace(field.key, simdjson::minify(field.value));
    }
  }

  /// None: the column is left out.
  [[nodiscard]] std::optional<std::string> at(std::size_t table, bool is_delete, std::size_t column) const {
    const auto& row = rows_.at({std::to_string(table), is_delete});
    const auto found = row.find(fmt::format("c{}", column));
    return found == row.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::pair<std::string, bool>, std::map<std::string, std::string>> rows_;
};

/// One weir with its modes, its slot and its topics. All runs see the same changes.
class run {
 public:
  run(app_test::bed& bed, int number, support::weir_process::variables with)
      : bed_{bed}, prefix_{fmt::format("{}-{}", bed.prefix, number)}, weir_{[&] {
          with.emplace("WEIR_TOPIC_PREFIX", prefix_);
          with.emplace("WEIR_SLOT", fmt::format("types_{}", number));
          return bed.environment(std::move(with));
        }()} {}

  void wait_until_ready() { weir_.wait_until_ready(bound); }

  written_rows rows(const wide_tables& of) {
    // An insert, a delete and its tombstone.
    const auto expected = static_cast<std::int64_t>(3 * of.size());
    weir_.wait_for("all rows", [&] { return bed_.kafka.count(prefix_ + ".public.wide") >= expected; }, bound);
    CHECK(bed_.kafka.count(prefix_ + ".dead-letters") == 0);
    CHECK(weir_.stop().code == 0);
    return {bed_.kafka, prefix_};
  }

 private:
  static constexpr std::chrono::minutes bound{4};
  app_test::bed& bed_;
  std::string prefix_;
  support::weir_process weir_;
};

/// A server whose own settings would change every text, if the session did not pin them.
support::postgres_options odd_server(int version) {
  return {.version = version,
          .settings = {"timezone = 'US/Samoa'", "datestyle = 'SQL, MDY'", "intervalstyle = 'iso_8601'",
                       "bytea_output = 'escape'", "extra_float_digits = -3"}};
}

support::weir_process::variables as_debezium(const modes& options) {
  support::weir_process::variables with{{"WEIR_COMPAT", "debezium"}};
  for (const auto& [option, value] : options) with[settings_of.at(option)] = value;
  auto& unknown = with["WEIR_UNKNOWN_TYPES"];
  unknown = unknown == "true" ? "binary" : "absent";
  return with;
}

void check_as_debezium(const written_rows& rows, const wide_tables& tables,
                       const std::vector<golden_case>& cases, const modes& options,
                       std::set<std::string>& seen) {
  for (const auto& each : cases) {
    if (!is_of(each, options) || !seen.insert(each.id).second) continue;
    const auto [table, column] = tables.place_of(each);
    const auto value = rows.at(table, each.is_before, column);
    INFO(each.id << ": " << value.value_or("left out") << " for " << each.json);
    CHECK(value.has_value() == !each.is_absent);
    if (value && !each.is_absent) CHECK(support::is_same_json(*value, each.json, each.is_single()));
  }
}

/// With no mode set: Weir's own rules.
void check_own_rules(const written_rows& rows, const wide_tables& tables,
                     const std::vector<golden_case>& cases) {
  const auto own = support::own_golden_values();
  std::size_t count = 0;
  for (const auto& each : cases) {
    if (!is_of(each, own_defaults)) continue;
    ++count;
    const auto [table, column] = tables.place_of(each);
    const auto value = rows.at(table, each.is_before, column);
    const auto bent = own.find(each.id);
    const auto& wanted = bent == own.end() ? each.json : bent->second;
    INFO(each.id << ": " << value.value_or("left out") << " for " << wanted);
    CHECK(value.has_value());
    if (value) CHECK(support::is_same_json(*value, wanted, each.is_single()));
  }
  CHECK(count > 300);
}

void check_all_cases(int version) {
  INFO("PostgreSQL " << version);
  const auto cases = support::golden_cases();
  const wide_tables tables{cases};
  app_test::bed bed{odd_server(version)};
  tables.create(bed.postgres);

  std::deque<run> runs;
  for (const auto& options : runs_of_debezium) {
    runs.emplace_back(bed, static_cast<int>(runs.size()), as_debezium(options));
  }
  runs.emplace_back(bed, static_cast<int>(runs.size()), support::weir_process::variables{});
  for (auto& each : runs) each.wait_until_ready();
  tables.change(bed.postgres);

  std::set<std::string> seen;
  for (std::size_t i = 0; i < runs_of_debezium.size(); ++i) {
    check_as_debezium(runs[i].rows(tables), tables, cases, runs_of_debezium[i], seen);
  }
  CHECK(seen.size() == cases.size());
  check_own_rules(runs.back().rows(tables), tables, cases);
}

bool is_long() { return std::getenv("WEIR_TEST_LONG") != nullptr; }

}  // namespace

TEST_CASE("every value that Debezium makes arrives from a server at a broker, in every mode") {
  check_all_cases(support::distribution_postgres());
}

TEST_CASE("every value that Debezium makes arrives from PostgreSQL 17, too") {
  if (!is_long()) SKIP("only at full length");
  check_all_cases(17);
}

TEST_CASE("every value that Debezium makes arrives from PostgreSQL 18, too") {
  if (!is_long()) SKIP("only at full length");
  check_all_cases(18);
}
