#pragma once

#include <base/size.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// The document of WEIR_CONFIG: what to take and where it goes. Plain values; whether a filter or a template
/// makes sense is for the parts that understand them to say.
namespace weir::config {

/// Where a value stands in the document, for reports.
struct place {
  std::string pointer;       ///< RFC 6901: /listeners/0/filter
  std::uint32_t line = 0;    ///< from 1; 0: not known
  std::uint32_t column = 0;  ///< from 1, in bytes, of the value's first character
};

/// A text of the document, with its place. `at` is empty for what the environment or a default says.
struct text_at {
  std::string text;
  place at;
};

/// What happens to a change whose filter cannot decide.
enum class filter_error { dead_letter, drop, keep, stop };
/// What happens to a record that can never be delivered.
enum class on_error { dead_letter, stop, drop };

/// How a target's records are written.
enum class format { debezium, debezium_schema, flat, cloudevents, avro };

/// What stands in place of a value that is not to be seen.
struct column_mask {
  enum class kind { fixed, hash, truncate };
  std::vector<text_at> columns;  ///< patterns, at least one
  kind is = kind::fixed;
  std::string text;          ///< fixed: what is shown
  std::uint64_t length = 0;  ///< truncate: characters that stay
  place at;
};

/// Which columns records of a listener show. Patterns are `column` or `schema.table.column`, with * inside of
/// names. At most one of `include` and `exclude` holds something; both empty: every column.
struct column_choice {
  std::vector<text_at> include;
  std::vector<text_at> exclude;
  std::vector<column_mask> masks;

  [[nodiscard]] bool takes_all() const { return include.empty() && exclude.empty() && masks.empty(); }
};

/// What a listener takes, and for whom.
struct listener {
  std::string name;
  std::vector<text_at> tables;  ///< schema.table patterns; empty: every table
  std::string operations;       ///< letters of event::operation, each once: "cudtr"
  std::optional<text_at> filter;
  filter_error on_filter_error = filter_error::dead_letter;
  bool groups_by_transaction = false;
  std::optional<text_at> transaction_filter;  ///< only with groups_by_transaction
  column_choice columns = {};
  std::vector<std::size_t> targets;  ///< indexes into document::targets, at least one
  place at;
};

struct primary_key {};  ///< the table's own key
struct no_key {};
struct column_key {
  std::vector<text_at> columns;  ///< in this order
};
struct template_key {
  text_at text;  ///< a template, or a constant
};
/// `"primary_key"`, `"none"`, `["tenant_id"]`, `{"template": "{new.tenant_id}"}`.
using key_choice = std::variant<primary_key, no_key, column_key, template_key>;

/// Where records go.
struct target {
  std::string name;
  text_at topic;  ///< template; {prefix} is not filled in
  key_choice key;
  std::optional<text_at> partition_by;                   ///< a column whose value decides instead of the key
  std::vector<std::pair<std::string, text_at>> headers;  ///< name and template
  on_error policy = on_error::dead_letter;
  std::optional<config::format> writes_as = std::nullopt;  ///< what WEIR_FORMAT says, once it was read
  bytes group_limit = 0;                                   ///< a grouped record's value above it is split
  place at;
};

/// With at least one of each, in the order of the document.
struct document {
  std::vector<listener> listeners;
  std::vector<target> targets;
};

}  // namespace weir::config
