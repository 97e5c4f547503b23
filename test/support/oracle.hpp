#pragma once

#include <event/position.hpp>
#include <support/kafka_client.hpp>
#include <support/postgres_session.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The oracle: were all committed changes delivered, in order, and nothing else?
///
/// It folds what lies in Kafka into tables by the records' own position, never by offset, because after a
/// replay an older position may follow a newer one. Inside a run positions of one key never go back. What a run
/// skipped must come again in a later one. Rows of a snapshot only count in the fold and for the order.
namespace weir::support {

/// A table as PostgreSQL shows it at the end. Values are text as `select` prints them, `sql_null` for NULL; so
/// columns of integers, bool, text, uuid, numeric (as strings) and time (as strings) compare exactly.
struct expected_table {
  std::string topic;
  std::vector<std::string> key;  ///< columns, in the order of the primary key
  std::vector<std::string> columns;
  sql_rows rows;
};

/// One record, as far as the judgement needs it.
struct observed_record {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::uint64_t run = 0;
  event::position at;
  char op = 0;                                            ///< c, u, d, r, or T for a tombstone
  std::string key;                                        ///< "id=1,part=2"
  std::optional<std::map<std::string, std::string>> row;  ///< what `after` says
};

struct oracle_rules {
  bool is_complete = true;     ///< no filter: each change of a transaction is in some topic, seq 1, 2, 3, ...
  bool has_tombstones = true;  ///< a delete is followed by a null record
  std::string rolled_back_mark = "rolled back";  ///< a text that only rows of rolled back transactions hold
};

/// Each finding is a sentence. Only the counters at the end are no defects: at-least-once allows them.
struct judgement {
  std::vector<std::string> lost;       ///< in PostgreSQL, not in Kafka; or a hole in a transaction
  std::vector<std::string> phantoms;   ///< in Kafka, not in PostgreSQL; or rolled back
  std::vector<std::string> different;  ///< in both, with other values
  std::vector<std::string> reordered;  ///< a key's position went back inside a run
  std::vector<std::string> gaps;       ///< skipped by a run and never repeated by a later one
  std::uint64_t records = 0;
  std::uint64_t duplicates = 0;  ///< records whose position was there before
  std::uint64_t runs = 0;

  [[nodiscard]] bool is_clean() const {
    return lost.empty() && phantoms.empty() && different.empty() && reordered.empty() && gaps.empty();
  }
  /// For INFO and messages: counts, and the first findings of each kind.
  [[nodiscard]] std::string describe() const;
};

/// Reads a Debezium envelope or a tombstone with its headers. Throws, naming topic and offset, when a header is
/// missing or the value is anything else.
observed_record observe(const kafka_record& record);

/// The pure core.
judgement judge(const std::vector<observed_record>& records, const std::vector<expected_table>& tables,
                const oracle_rules& rules = {});

/// The table with all its columns and its primary key, as it is now. `table` is "schema.table".
expected_table expect_table(postgres_session& from, const std::string& topic_prefix, const std::string& table);

/// All of it: reads every topic `prefix.*` but Weir's own, and judges by the tables given.
judgement judge_delivery(kafka_client& kafka, const std::string& prefix, postgres_session& postgres,
                         const std::vector<std::string>& tables, const oracle_rules& rules = {});

}  // namespace weir::support
