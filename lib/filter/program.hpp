#pragma once

#include <filter/problem.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace weir::filter {

struct syntax_tree;

/// The text of a row filter, parsed, and checked as far as that is possible without knowing the columns of a
/// table: syntax, names, functions, and types where they do not depend on a column. Immutable and cheap to
/// copy; copies share what they hold.
class program {
 public:
  /// All mistakes that can be found, or the program. Never throws but for want of memory.
  [[nodiscard]] static std::variant<program, problems> compile(std::string_view text);

  [[nodiscard]] std::string_view text() const;

  /// Columns that it reads by name, sorted and each once: `new.x` and `changed(new.x)`; `old.x` and
  /// `changed(new.x)`. For reports; `bound_filter::bind` checks them.
  [[nodiscard]] std::span<const std::string> new_columns() const;
  [[nodiscard]] std::span<const std::string> old_columns() const;

 private:
  friend class bound_filter;
  explicit program(std::shared_ptr<const syntax_tree> tree) : tree_(std::move(tree)) {}

  std::shared_ptr<const syntax_tree> tree_;
};

}  // namespace weir::filter
