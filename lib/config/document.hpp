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

/// What a listener takes, and for whom.
struct listener {
  std::string name;
  std::vector<text_at> tables;  ///< schema.table patterns; empty: every table
  std::string operations;       ///< letters of event::operation, each once: "cudt"
  std::optional<text_at> filter;
  filter_error on_filter_error = filter_error::dead_letter;
  bool groups_by_transaction = false;
  std::optional<text_at> transaction_filter;  ///< only with groups_by_transaction
  std::vector<std::size_t> targets;           ///< indexes into document::targets, at least one
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
  bytes group_limit = 0;  ///< a grouped record's value above it is split
  place at;
};

/// With at least one of each, in the order of the document.
struct document {
  std::vector<listener> listeners;
  std::vector<target> targets;
};

}  // namespace weir::config
