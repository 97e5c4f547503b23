#include <encode/encode_error.hpp>

#include <fmt/format.h>

#include <utility>

namespace weir::encode {

namespace {

std::string sentence(const std::string& table, const std::string& column, std::string_view complaint) {
  if (table.empty()) return fmt::format("a logical message cannot be encoded: {}", complaint);
  if (column.empty()) return fmt::format("a row of {} cannot be encoded: {}", table, complaint);
  return fmt::format("column {} of {} cannot be encoded: {}", column, table, complaint);
}

}  // namespace

encode_error::encode_error(std::string table, std::string column, std::string_view complaint)
    : std::runtime_error(sentence(table, column, complaint)),
      table_(std::move(table)),
      column_(std::move(column)) {}

}  // namespace weir::encode
