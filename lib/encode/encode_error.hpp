#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace weir::encode {

/// A change that cannot become a record: a text that is not what its type says, or not UTF-8. The change is at
/// fault, never the encoder, which goes on with the next one. `what()` names table and column and what is
/// wrong, never the value itself: it can be personal.
class encode_error : public std::runtime_error {
 public:
  encode_error(std::string table, std::string column, std::string_view complaint);

  /// `schema.name`; empty for a logical message.
  [[nodiscard]] const std::string& table() const noexcept { return table_; }
  /// Empty when the fault is not in a column.
  [[nodiscard]] const std::string& column() const noexcept { return column_; }

 private:
  std::string table_;
  std::string column_;
};

}  // namespace weir::encode
