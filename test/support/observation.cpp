#include <support/oracle.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <stdexcept>

namespace weir::support {
namespace {

namespace dom = simdjson::dom;

[[noreturn]] void fail(const kafka_record& record, const std::string& what) {
  throw std::runtime_error(fmt::format("{}[{}]@{}: {}", record.topic, record.partition, record.offset, what));
}

/// A JSON value as `select` prints the column it came from.
std::string as_sql_text(dom::element value) {
  switch (value.type()) {
    case dom::element_type::STRING:
      return std::string{std::string_view{value}};
    case dom::element_type::INT64:
      return std::to_string(std::int64_t{value});
    case dom::element_type::UINT64:
      return std::to_string(std::uint64_t{value});
    case dom::element_type::DOUBLE:
      return fmt::format("{}", double{value});
    case dom::element_type::BOOL:
      return bool{value} ? "t" : "f";
    case dom::element_type::NULL_VALUE:
      return sql_null;
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
      return simdjson::minify(value);
  }
  return {};
}

std::string read_key(const kafka_record& record, dom::parser& parser) {
  if (!record.key) fail(record, "has no key");
  dom::object columns;
  if (parser.parse(*record.key).get(columns) != simdjson::SUCCESS)
    fail(record, "key is no object: " + *record.key);
  std::vector<std::string> parts;
  for (const auto field : columns) parts.push_back(fmt::format("{}={}", field.key, as_sql_text(field.value)));
  return fmt::format("{}", fmt::join(parts, ","));
}

}  // namespace

observed_record observe(const kafka_record& record) {
  thread_local dom::parser parser;
  observed_record seen;
  seen.topic = record.topic;
  seen.partition = record.partition;
  seen.offset = record.offset;
  const auto at = record.header("weir.position");
  const auto parsed = at ? event::position::parse(*at) : std::nullopt;
  if (!parsed) fail(record, "header weir.position is missing or wrong: " + at.value_or("(none)"));
  seen.at = *parsed;
  const auto run = record.header("weir.run");
  if (!run || run->empty() || run->find_first_not_of("0123456789") != std::string::npos) {
    fail(record, "header weir.run is missing or wrong: " + run.value_or("(none)"));
  }
  seen.run = std::stoull(*run);
  seen.key = read_key(record, parser);
  if (!record.value) {
    seen.op = 'T';
    return seen;
  }
  dom::object envelope;
  if (parser.parse(*record.value).get(envelope) != simdjson::SUCCESS) fail(record, "value is no JSON object");
  std::string_view op;
  if (envelope["op"].get(op) != simdjson::SUCCESS || op.size() != 1) fail(record, "value has no op");
  seen.op = op.front();
  dom::element after;
  if (envelope["after"].get(after) != simdjson::SUCCESS) fail(record, "value has no after");
  dom::object columns;
  if (after.get(columns) != simdjson::SUCCESS) return seen;
  seen.row.emplace();
  for (const auto field : columns) (*seen.row)[std::string{field.key}] = as_sql_text(field.value);
  return seen;
}

expected_table expect_table(postgres_session& from, const std::string& topic_prefix, const std::string& table) {
  expected_table expected;
  expected.topic = topic_prefix + "." + table;
  for (auto& column :
       from.query(fmt::format("select a.attname from pg_index i cross join unnest(i.indkey) with "
                              "ordinality k(number, place) join pg_attribute a on a.attrelid = "
                              "i.indrelid and a.attnum = k.number where i.indisprimary and "
                              "i.indrelid = '{}'::regclass order by k.place",
                              table))) {
    expected.key.push_back(std::move(column.front()));
  }
  std::vector<std::string> quoted;
  for (auto& column :
       from.query(fmt::format("select attname, quote_ident(attname) from pg_attribute where attrelid = "
                              "'{}'::regclass and attnum > 0 and not attisdropped order by attnum",
                              table))) {
    expected.columns.push_back(std::move(column[0]));
    quoted.push_back(std::move(column[1]));
  }
  expected.rows = from.query(fmt::format("select {} from {}", fmt::join(quoted, ", "), table));
  return expected;
}

}  // namespace weir::support
