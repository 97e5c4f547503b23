#pragma once

#include <filter/arena.hpp>
#include <filter/opcode.hpp>
#include <filter/problem.hpp>
#include <filter/value.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::filter {

/// Bounds of an expression. CEL asks for at least 32 repetitions and 12 levels of nesting.
inline constexpr std::size_t longest_text = 65'536;
inline constexpr std::size_t deepest_nesting = 100;

struct syntax_node {
  opcode op = opcode::constant;
  bool is_global = false;    ///< of a name: written with a leading point
  bool has_target = false;   ///< of a call: the first child is what stands before the point
  std::uint16_t height = 1;  ///< levels of nodes from here down
  std::uint32_t at = 0;      ///< where it stands in the text, in bytes
  std::uint32_t first = 0;   ///< its children, in syntax_tree::children
  std::uint32_t count = 0;
  std::string_view name;  ///< of a name, a field, a function, or a macro's variable
  value constant;
};

/// A parsed expression. Does not move: names and constants are views into it.
struct syntax_tree {
  std::string text;
  std::vector<syntax_node> nodes;
  std::vector<std::uint32_t> children;
  std::uint32_t root = 0;
  arena memory{std::numeric_limits<std::size_t>::max()};

  /// Filled in by program::compile.
  std::vector<std::string> new_columns;
  std::vector<std::string> old_columns;

  [[nodiscard]] std::span<const std::uint32_t> children_of(const syntax_node& of) const {
    return std::span(children).subspan(of.first, of.count);
  }
  [[nodiscard]] problem problem_at(std::size_t offset, std::string what) const;
};

/// The tree, or the first mistake.
[[nodiscard]] std::variant<std::shared_ptr<syntax_tree>, problem> parse(std::string_view text);

/// Line and column of a byte of `text`.
[[nodiscard]] problem problem_in(std::string_view text, std::size_t offset, std::string what);

}  // namespace weir::filter
