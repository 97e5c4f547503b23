#include <base/name_pattern.hpp>
#include <encode/column_choice.hpp>

#include <algorithm>
#include <utility>

namespace weir::encode {
namespace {

bool any_takes(const std::vector<column_pattern>& patterns, const event::relation& table,
               std::string_view column) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& each) { return each.takes(table.schema, table.name, column); });
}

}  // namespace

column_pattern::column_pattern(std::string_view text) {
  const auto first = text.find('.');
  const auto second = text.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) {
    column_ = text;
    return;
  }
  schema_ = text.substr(0, first);
  table_ = text.substr(first + 1, second - first - 1);
  column_ = text.substr(second + 1);
}

bool column_pattern::takes(std::string_view schema, std::string_view table, std::string_view column) const {
  return matches_pattern(column_, column) && matches_pattern(table_, table) && matches_pattern(schema_, schema);
}

bool column_pattern::has_star() const {
  // A name alone means any table, and still is one name.
  const bool is_alone = schema_ == "*" && table_ == "*";
  return column_.find('*') != std::string::npos ||
         (!is_alone && (schema_ + table_).find('*') != std::string::npos);
}

column_choice::column_choice(std::vector<column_pattern> include, std::vector<column_pattern> exclude,
                             std::vector<masked_columns> masks)
    : include_(std::move(include)), exclude_(std::move(exclude)), masks_(std::move(masks)) {}

bool column_choice::shows(const event::relation& table, std::string_view column) const {
  if (!include_.empty()) return any_takes(include_, table, column);
  return !any_takes(exclude_, table, column);
}

const mask* column_choice::mask_of(const event::relation& table, std::string_view column) const {
  for (const auto& each : masks_) {
    if (any_takes(each.columns, table, column)) return &each.how;
  }
  return nullptr;
}

}  // namespace weir::encode
