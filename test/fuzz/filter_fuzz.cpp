/// Whatever expression and whatever row come, a filter is refused with mistakes that name a place, or it
/// decides: the same twice, within its bounds, with a sentence for every error. It never throws.

#include <event/change.hpp>
#include <filter/bound_filter.hpp>
#include <filter/checker.hpp>
#include <filter/evaluator.hpp>
#include <filter/program.hpp>
#include <filter/transaction_filter.hpp>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace {

using namespace weir;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The input is an expression and the texts of a row's columns, separated by zero bytes.
std::vector<std::string_view> split(std::string_view input) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = input.find('\0');
    parts.push_back(input.substr(0, end));
    if (end == std::string_view::npos) return parts;
    input.remove_prefix(end + 1);
  }
}

/// One column of each type that has a rule: a, b, c, ...
event::relation wide_table(event::replica_identity identity) {
  constexpr std::array<std::uint32_t, 18> types{16,   17,   20,   25,   114,  701,  1042, 1082, 1114,
                                                1184, 1186, 1700, 2950, 3802, 1007, 1009, 1231, 99'999};
  event::relation made;
  made.schema = "public";
  made.name = "wide";
  made.identity = identity;
  char name = 'a';
  for (const auto each : types) {
    made.columns.push_back({std::string(1, name), each, each, -1, true});
    ++name;
  }
  return made;
}

/// Texts that say `~` and nothing are the two states without a text.
std::vector<event::value> row_of(const std::vector<std::string_view>& parts, std::size_t columns,
                                 std::size_t shift) {
  std::vector<event::value> made(columns);
  for (std::size_t at = 0; at < columns && parts.size() > 1; ++at) {
    const auto text = parts[1 + (at + shift) % (parts.size() - 1)];
    if (text == "~") made[at].is = event::value::state::unchanged;
    if (!text.empty() && text != "~") made[at] = {event::value::state::text, text};
  }
  return made;
}

void check_mistakes(const filter::problems& found, std::string_view text) {
  require(!found.empty());
  for (const auto& each : found)
    require(each.line >= 1 && each.column >= 1 && each.column <= text.size() + 2 && !each.what.empty());
}

template <class Filter, class Subject>
void check_decision(const Filter& under_test, const Subject& of) {
  const auto first = under_test.decide(of);
  const auto second = under_test.decide(of);
  require(first.is == second.is && first.what == second.what);
  require((first.is == filter::decision::kind::error) != first.what.empty());
}

void decide_rows(const filter::program& what, const std::vector<std::string_view>& parts) {
  const auto table = wide_table(event::replica_identity::full);
  auto made = filter::bound_filter::bind(what, table);
  const auto* const under_test = std::get_if<filter::bound_filter>(&made);
  if (under_test == nullptr) return check_mistakes(std::get<filter::problems>(made), what.text());
  const auto before = row_of(parts, table.columns.size(), 1);
  const auto after = row_of(parts, table.columns.size(), 0);
  const event::transaction within;
  event::change change;
  change.within = &within;
  change.table = &table;
  change.after = after;
  check_decision(*under_test, change);
  change.op = event::operation::update;
  change.before_is = event::old_row::full;
  change.before = before;
  check_decision(*under_test, change);
  change.op = event::operation::remove;
  change.after = {};
  check_decision(*under_test, change);
}

void decide_message(const filter::program& what, const std::vector<std::string_view>& parts) {
  event::change message;
  message.op = event::operation::message;
  message.message_prefix = parts.back();
  message.message_content = parts.back();
  check_decision(filter::bound_filter::bind_to_messages(what), message);
}

void decide_transaction(std::string_view text) {
  auto made = filter::transaction_filter::compile(text);
  const auto* const under_test = std::get_if<filter::transaction_filter>(&made);
  if (under_test == nullptr) return check_mistakes(std::get<filter::problems>(made), text);
  const std::array<filter::transaction_facts::counted, 1> counts{{{"public.wide", 3}}};
  check_decision(*under_test, filter::transaction_facts{1, lsn(2), {}, 3, counts, counts});
}

/// Types that do not fit reach the evaluator only without the checker.
void evaluate_unchecked(std::string_view text) {
  auto parsed = filter::parse(text);
  if (!std::holds_alternative<std::shared_ptr<filter::syntax_tree>>(parsed)) return;
  filter::environment anything;
  anything.must_be_bool = false;
  anything.is_strict = false;
  const auto result =
      filter::check(std::get<std::shared_ptr<filter::syntax_tree>>(std::move(parsed)), anything);
  if (!result.found.empty()) return;
  filter::scratch with;
  const auto value = filter::evaluate(*result.made, filter::surroundings{}, with);
  if (value.is_error()) require(!result.made->explain(value).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto parts = split({reinterpret_cast<const char*>(bytes), size});
  const auto text = parts.front();
  evaluate_unchecked(text);
  decide_transaction(text);
  auto compiled = filter::program::compile(text);
  if (const auto* const found = std::get_if<filter::problems>(&compiled)) {
    check_mistakes(*found, text);
  } else {
    decide_rows(std::get<filter::program>(compiled), parts);
    decide_message(std::get<filter::program>(compiled), parts);
  }
  return 0;
}
