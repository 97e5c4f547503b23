#include <support/oracle.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace weir::support {
namespace {

constexpr std::size_t findings_shown = 5;
/// What an update says of a large value that it did not touch.
constexpr const char* unchanged = "__debezium_unavailable_value";

using row = std::map<std::string, std::string>;
using key_of_topic = std::pair<std::string, std::string>;

std::string where(const observed_record& record) {
  return fmt::format("{} {} at {} in run {} ({}[{}]@{})", record.op, record.key, record.at, record.run,
                     record.topic, record.partition, record.offset);
}

/// Positions of one key inside one run, along the offsets of its partition.
void check_order(const std::vector<const observed_record*>& by_offset, judgement& found) {
  std::map<std::tuple<std::string, std::string, std::uint64_t>, const observed_record*> last;
  for (const auto* record : by_offset) {
    auto& before = last[{record->topic, record->key, record->run}];
    if (before != nullptr && record->at < before->at) {
      found.reordered.push_back(fmt::format("{} came after {}", where(*record), where(*before)));
    }
    before = record;
  }
}

/// What lies between the first and the last position of a run and did not come in it must come in a later one.
void check_gaps(const std::map<event::position, std::set<std::uint64_t>>& runs_of, judgement& found) {
  std::map<std::uint64_t, std::pair<event::position, event::position>> reach;
  for (const auto& [at, runs] : runs_of) {
    for (const auto run : runs) {
      reach.try_emplace(run, at, at);
      reach[run].second = at;
    }
  }
  found.runs = reach.size();
  for (const auto& [run, ends] : reach) {
    for (auto each = runs_of.lower_bound(ends.first); each != runs_of.end() && each->first < ends.second;
         ++each) {
      const auto& came_in = each->second;
      if (came_in.contains(run) || *came_in.rbegin() > run) continue;
      found.gaps.push_back(fmt::format("run {} skipped {}, and no later run has it", run, each->first));
    }
  }
}

/// A transaction's changes are numbered 1, 2, 3, ..., and a change's records 0, 1, 2, ...
void check_holes(const std::map<event::position, std::set<std::uint64_t>>& runs_of, judgement& found) {
  event::position before;
  for (const auto& [at, runs] : runs_of) {
    if (at.seq == 0) continue;
    const bool is_same = at.commit == before.commit && at.timeline == before.timeline;
    const bool is_same_change = is_same && at.seq == before.seq;
    const auto expected_seq = is_same_change ? before.seq : is_same ? before.seq + 1 : 1;
    const auto expected_part = is_same_change ? before.part + 1 : 0;
    if (at.seq != expected_seq || at.part != expected_part) {
      found.lost.push_back(fmt::format("before {} there should be change {} part {} of its transaction", at,
                                       expected_seq, expected_part));
    }
    before = at;
  }
}

row row_of(const expected_table& table, const sql_row& values) {
  row made;
  for (std::size_t n = 0; n < table.columns.size(); ++n) made[table.columns[n]] = values[n];
  return made;
}

std::string key_of(const expected_table& table, const row& values) {
  std::vector<std::string> parts;
  for (const auto& column : table.key) parts.push_back(fmt::format("{}={}", column, values.at(column)));
  return fmt::format("{}", fmt::join(parts, ","));
}

std::string differences(const row& wanted, const row& got) {
  std::string text;
  for (const auto& [column, value] : wanted) {
    const auto found = got.find(column);
    const auto* shown = found == got.end() ? "nothing" : found->second.c_str();
    if (found == got.end() || (found->second != value && found->second != unchanged))
      text += fmt::format(" {} is {} not {};", column, shown, value);
  }
  return text;
}

void compare(const expected_table& table, const std::map<key_of_topic, const observed_record*>& newest,
             judgement& found) {
  std::set<std::string> expected;
  for (const auto& values : table.rows) {
    const auto wanted = row_of(table, values);
    const auto key = key_of(table, wanted);
    expected.insert(key);
    const auto last = newest.find({table.topic, key});
    if (last == newest.end() || !last->second->row) {
      found.lost.push_back(fmt::format("{} {} is in PostgreSQL, not in Kafka", table.topic, key));
    } else if (const auto text = differences(wanted, *last->second->row); !text.empty()) {
      found.different.push_back(fmt::format("{}:{}", where(*last->second), text));
    }
  }
  for (auto each = newest.lower_bound({table.topic, ""});
       each != newest.end() && each->first.first == table.topic; ++each) {
    const auto& record = *each->second;
    if (record.row && !expected.contains(record.key)) {
      found.phantoms.push_back(fmt::format("{} is not in PostgreSQL", where(record)));
    }
  }
}

}  // namespace

judgement judge(const std::vector<observed_record>& records, const std::vector<expected_table>& tables,
                const oracle_rules& rules) {
  judgement found;
  found.records = records.size();

  std::vector<const observed_record*> by_offset;
  by_offset.reserve(records.size());
  for (const auto& record : records) by_offset.push_back(&record);
  std::sort(by_offset.begin(), by_offset.end(), [](const auto* a, const auto* b) {
    return std::tie(a->topic, a->partition, a->offset) < std::tie(b->topic, b->partition, b->offset);
  });

  std::map<event::position, std::set<std::uint64_t>> runs_of;
  std::set<event::position> reads;
  std::map<key_of_topic, const observed_record*> newest;
  for (const auto* record : by_offset) {
    if (record->op == 'r') {
      // A range that is read again has other numbers: rows of snapshots are judged by what they add up to.
      if (!reads.insert(record->at).second) ++found.duplicates;
    } else {
      auto& runs = runs_of[record->at];
      if (!runs.empty()) ++found.duplicates;
      runs.insert(record->run);
    }
    auto& last = newest[{record->topic, record->key}];
    if (last == nullptr || last->at <= record->at) last = record;
    const auto is_marked = [&](const auto& field) {
      return field.second.find(rules.rolled_back_mark) != std::string::npos;
    };
    if (record->row && !rules.rolled_back_mark.empty() &&
        std::any_of(record->row->begin(), record->row->end(), is_marked)) {
      found.phantoms.push_back(fmt::format("{} was rolled back", where(*record)));
    }
  }

  check_order(by_offset, found);
  check_gaps(runs_of, found);
  if (rules.is_complete) check_holes(runs_of, found);
  for (const auto& table : tables) compare(table, newest, found);
  if (rules.has_tombstones) {
    for (const auto& [key, last] : newest) {
      if (last->op == 'd') found.lost.push_back(fmt::format("the tombstone after {}", where(*last)));
    }
  }
  return found;
}

std::string judgement::describe() const {
  auto text = fmt::format(
      "{} records of {} runs, {} duplicates: {} lost, {} phantoms, {} different, {} reordered, {} gaps",
      records, runs, duplicates, lost.size(), phantoms.size(), different.size(), reordered.size(), gaps.size());
  for (const auto* list : {&lost, &phantoms, &different, &reordered, &gaps}) {
    for (std::size_t n = 0; n < std::min(findings_shown, list->size()); ++n) text += "\n  " + (*list)[n];
  }
  return text;
}

judgement judge_delivery(kafka_client& kafka, const std::string& prefix, postgres_session& postgres,
                         const std::vector<std::string>& tables, const oracle_rules& rules) {
  std::vector<std::string> topics;
  for (const auto& [name, size] : kafka.topics(prefix + ".")) {
    if (name != prefix + ".state" && name != prefix + ".dead-letters") topics.push_back(name);
  }
  std::vector<observed_record> observed;
  for (const auto& record : kafka.read(topics)) observed.push_back(observe(record));
  std::vector<expected_table> expected;
  for (const auto& table : tables) expected.push_back(expect_table(postgres, prefix, table));
  return judge(observed, expected, rules);
}

}  // namespace weir::support
