#pragma once

#include <encode/cell.hpp>
#include <event/relation.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::encode {

/// What the envelope needs to know of one version of a table, prepared once: escaped names and one cell writer
/// for each column. Owned by whoever owns the route of that table (there is no cache behind it), and valid for
/// changes whose `table` has the same version. It copies what it needs of `of`. A table that can never be
/// encoded (a name that is not UTF-8) makes a plan all the same: each of its changes is refused with the
/// reason.
class table_plan {
 public:
  explicit table_plan(const event::relation& of);

  /// event::relation::version of the table that this plan was made for.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_; }
  [[nodiscard]] bool has_key() const noexcept { return !key_.empty(); }

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
  bool names_are_utf8_ = true;
};

}  // namespace weir::encode
