#pragma once

#include <encode/cell.hpp>
#include <event/relation.hpp>

#include <cstdint>
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

/// What the envelope needs to know of one version of a table, prepared once: escaped names and one cell writer
/// for each column. Owned by whoever owns the route of that table (there is no cache behind it), and valid for
/// changes whose `table` has the same version. It copies what it needs of `of`. A table that can never be
/// encoded (a name that is not UTF-8) makes a plan all the same: each of its changes is refused with the
/// reason.
class table_plan {
 public:
  /// Throws encode_error when `key` names a column that the table has not, or one twice.
  explicit table_plan(const event::relation& of, const key_choice& key = table_key{});

  /// event::relation::version of the table that this plan was made for.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_; }
  [[nodiscard]] bool has_key() const noexcept { return !key_.empty(); }
  /// No two rows have the same key: it holds all columns of the table's own.
  [[nodiscard]] bool key_identifies() const noexcept { return key_identifies_; }
  /// Columns of the key whose old values the replica identity never sends: deletes then have no key and are
  /// refused, and a change of such a column cannot be told from none.
  [[nodiscard]] std::vector<std::string> uncovered_key_columns() const;

 private:
  friend class envelope;

  struct column {
    constant_text opening;  ///< `{"name":` or `,"name":`
    cell writes;
    bool is_identity;
    std::string name;  ///< as PostgreSQL knows it, for errors
  };
  struct key_column {
    constant_text opening;
    std::uint16_t index;
  };

  std::uint64_t version_;
  std::string name_;          ///< `schema.name`, for errors
  std::string source_piece_;  ///< `"schema":"public","table":"t","txId":` of `source`
  std::vector<column> columns_;
  std::vector<key_column> key_;
  bool key_identifies_ = false;
  bool names_are_utf8_ = true;
};

}  // namespace weir::encode
