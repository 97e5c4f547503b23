#pragma once

#include <encode/cell.hpp>
#include <encode/column_choice.hpp>
#include <encode/record_format.hpp>
#include <encode/record_schema.hpp>
#include <encode/value_modes.hpp>
#include <event/relation.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weir::encode {

/// The table's own: its primary key, else the columns of its replica identity's index; none where it has none.
struct table_key {};
/// No record has a key.
struct no_key {};
/// These columns, in this order.
struct column_key {
  std::vector<std::string> names;
};
/// What the keys of a table's records are made of.
using key_choice = std::variant<table_key, no_key, column_key>;

/// How the records of a table are written.
struct plan_options {
  std::string prefix;  ///< of topics: names the schemas
  record_format format = record_format::debezium;
  value_modes modes;
  std::shared_ptr<const column_choice> columns;  ///< null: every column as it is
};

/// What the envelope needs to know of one version of a table, prepared once: escaped names and one cell writer
/// for each column that is shown, and the texts of the schemas where the format has some. Owned by whoever owns
/// the route of that table (there is no cache behind it), and valid for changes whose `table` has the same
/// version. It copies what it needs of `of`. A table that can never be encoded (a name that is not UTF-8) makes
/// a plan all the same: each of its changes is refused with the reason.
class table_plan {
 public:
  /// Throws encode_error when `key` names a column that the table has not, or one twice, when a column of the
  /// key is left out or masked, or when the format has a field of its own with a column's name.
  explicit table_plan(const event::relation& of, const key_choice& key = table_key{},
                      const plan_options& with = {});

  /// event::relation::version of the table that this plan was made for.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_; }
  [[nodiscard]] bool has_key() const noexcept { return !key_.empty(); }
  /// No two rows have the same key: it holds all columns of the table's own.
  [[nodiscard]] bool key_identifies() const noexcept { return key_identifies_; }
  /// Columns of the key whose old values the replica identity never sends: deletes then have no key and are
  /// refused, and a change of such a column cannot be told from none.
  [[nodiscard]] std::vector<std::string> uncovered_key_columns() const;
  [[nodiscard]] record_format format() const noexcept { return format_; }
  /// Of formats that have one: what the records' key and envelope look like. Null: the format has none.
  [[nodiscard]] const record_schema* schema() const noexcept { return schema_ ? &*schema_ : nullptr; }

 private:
  friend class envelope;

  struct column {
    constant_text opening;  ///< `{"name":` or `,"name":`
    cell writes;
    bool is_identity;
    std::string name;              ///< as PostgreSQL knows it, for errors
    const mask* masked = nullptr;  ///< null: its values are seen
  };
  struct key_column {
    constant_text opening;
    std::uint16_t index;
  };

  void choose_columns(const event::relation& of, const plan_options& with);
  void choose_key(const event::relation& of, const key_choice& key);
  void describe(const event::relation& of, const plan_options& with);

  std::uint64_t version_;
  record_format format_;
  std::string name_;                             ///< `schema.name`, for errors
  std::string source_piece_;                     ///< `"schema":"public","table":"t","txId":` of `source`
  std::vector<column> columns_;                  ///< all that the table has, in its order
  bool shows_all_ = true;                        ///< each of them, unmasked
  std::vector<std::uint16_t> shown_;             ///< indexes of those in a row, unless shows_all_
  std::shared_ptr<const column_choice> choice_;  ///< owns the masks
  std::vector<key_column> key_;
  std::string unavailable_;  ///< stands for a masked value that was not sent
  std::optional<record_schema> schema_;
  std::string key_opening_;    ///< `{"schema":{...},"payload":` of debezium_schema
  std::string value_opening_;  ///< likewise
  std::string flat_piece_;     ///< see flat_piece
  bool key_identifies_ = false;
  bool names_are_utf8_ = true;
};

}  // namespace weir::encode
