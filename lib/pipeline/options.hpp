#pragma once

#include <base/clock.hpp>
#include <base/size.hpp>
#include <encode/column_choice.hpp>
#include <encode/envelope.hpp>
#include <encode/record_format.hpp>
#include <encode/value_modes.hpp>
#include <filter/program.hpp>
#include <pipeline/text_template.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::pipeline {

/// What becomes of a record that can never be delivered: of its own fault, not of the sink's.
enum class on_error : std::uint8_t {
  dead_letter,  ///< written to the dead-letter topic, and settled by that letter's own report
  stop,         ///< reading stops at it until it passes; the process stays and says so
  drop,         ///< counted, and gone
};

/// What becomes of a change whose filter gives no answer.
enum class on_filter_error : std::uint8_t { dead_letter, drop, keep, stop };

/// What to take, and for whom.
struct listener_options {
  std::string name;
  std::function<bool(std::string_view schema, std::string_view table)> takes;  ///< empty: every table
  std::string operations = "cudtmr";                                           ///< letters of event::operation
  std::optional<filter::program> filter;                                       ///< none: every change
  on_filter_error if_undecided = on_filter_error::dead_letter;
  bool groups_by_transaction = false;
  std::string transaction_filter;  ///< text of a filter::transaction_filter; empty: every transaction
  std::shared_ptr<const encode::column_choice> columns;  ///< null: every column as it is
  std::vector<std::size_t> targets;                      ///< indexes into flow_options::targets
};

/// Where records go.
struct target_options {
  std::string name;
  std::optional<text_template> topic;  ///< {prefix} filled in; none is a mistake of the program
  std::string message_topic;           ///< of logical messages
  encode::key_choice key;
  std::optional<text_template> key_text;      ///< instead of `key`
  std::optional<text_template> partition_by;  ///< what decides instead of the key
  std::vector<std::pair<std::string, text_template>> headers;
  encode::record_format format = encode::record_format::debezium;
  on_error policy = on_error::dead_letter;
  bytes group_limit = 512 * kibibyte;  ///< a grouped record's value above it is split
};

/// Where grouped transactions wait for their commit.
struct group_options {
  std::string spill_directory;  ///< empty: none
  bytes spill_limit = 0;
};

struct flow_options {
  std::vector<listener_options> listeners;
  std::vector<target_options> targets;
  std::string dead_letter_topic;
  std::string heartbeat_topic;                    ///< of Debezium's heartbeats; empty: none are written
  steady_clock::duration heartbeat_interval{};    ///< between two of them, at least
  std::string transaction_topic;                  ///< of BEGIN and END records; empty: no transaction metadata
  std::vector<std::string> reserved_topics;       ///< Weir's own, which no template may make
  std::size_t dead_letter_part = 512 * kibibyte;  ///< a dead letter's value above this goes in parts
  encode::envelope_options envelope;
  encode::value_modes values;
  bool transactions_have_schema = false;  ///< records of the transaction topic stand beside their schema
  group_options groups;
  steady_clock::duration lane_idle{};
  steady_clock::duration stall_after{};
  std::chrono::milliseconds probe_min{};
  std::chrono::milliseconds probe_max{};
};

}  // namespace weir::pipeline
