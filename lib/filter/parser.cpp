#include <filter/lexer.hpp>
#include <filter/real_text.hpp>
#include <filter/syntax.hpp>
#include <filter/utf8.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

namespace weir::filter {

namespace {

struct binary_operator {
  std::string_view sign;
  opcode op;
  int strength;
};

constexpr int strength_of_either = 1;
constexpr int strength_of_both = 2;
constexpr int strength_of_relation = 3;
constexpr int strength_of_sum = 4;
constexpr int strength_of_product = 5;

constexpr std::array<binary_operator, 14> binary_operators{{
    {"||", opcode::either, strength_of_either},
    {"&&", opcode::both, strength_of_both},
    {"==", opcode::equal, strength_of_relation},
    {"!=", opcode::unequal, strength_of_relation},
    {"<", opcode::less, strength_of_relation},
    {"<=", opcode::less_or_equal, strength_of_relation},
    {">", opcode::greater, strength_of_relation},
    {">=", opcode::greater_or_equal, strength_of_relation},
    {"in", opcode::in, strength_of_relation},
    {"+", opcode::add, strength_of_sum},
    {"-", opcode::subtract, strength_of_sum},
    {"*", opcode::multiply, strength_of_product},
    {"/", opcode::divide, strength_of_product},
    {"%", opcode::modulo, strength_of_product},
}};

struct macro {
  std::string_view name;
  opcode op;
  std::size_t arguments;
};

constexpr std::array<macro, 7> macros{{
    {"all", opcode::all, 2},
    {"exists", opcode::exists, 2},
    {"exists_one", opcode::exists_one, 2},
    {"existsOne", opcode::exists_one, 2},
    {"map", opcode::transform, 2},
    {"map", opcode::transform_if, 3},
    {"filter", opcode::filter, 2},
}};

constexpr std::array<std::string_view, 14> reserved{"as",   "break",  "const",     "continue", "else",
                                                    "for",  "if",     "function",  "import",   "let",
                                                    "loop", "return", "namespace", "package"};
constexpr std::array<std::string_view, 3> also_reserved{"var", "void", "while"};

bool is_reserved(std::string_view name) {
  return std::ranges::find(reserved, name) != reserved.end() ||
         std::ranges::find(also_reserved, name) != also_reserved.end();
}

bool is_keyword(std::string_view name) {
  return name == "in" || name == "true" || name == "false" || name == "null";
}

/// Recursive descent over CEL's grammar (github.com/google/cel-spec, doc/langdef.md). Throws syntax_error.
class parser {
 public:
  explicit parser(syntax_tree& into) : tree_(into), lexer_(into.text), now_(lexer_.next()) {}

  void run() {
    tree_.root = expression();
    if (now_.is != token_kind::end) unexpected("an operator or the end");
  }

 private:
  using index = std::uint32_t;

  [[nodiscard]] bool is(std::string_view sign) const {
    return (now_.is == token_kind::sign || (sign == "in" && now_.is == token_kind::name)) && now_.text == sign;
  }
  void step() { now_ = lexer_.next(); }
  bool skip(std::string_view sign) {
    if (!is(sign)) return false;
    step();
    return true;
  }
  void expect(std::string_view sign) {
    if (!skip(sign)) unexpected(fmt::format("'{}'", sign));
  }
  [[noreturn]] void unexpected(std::string_view wanted) const {
    if (now_.is == token_kind::end)
      throw syntax_error{now_.at, fmt::format("expected {}, not the end", wanted)};
    throw syntax_error{now_.at, fmt::format("expected {}, not '{}'", wanted, now_.text)};
  }

  index add(syntax_node node, std::span<const index> children) {
    node.first = static_cast<index>(tree_.children.size());
    node.count = static_cast<index>(children.size());
    for (const index child : children) {
      const auto height = static_cast<std::uint16_t>(tree_.nodes[child].height + 1);
      node.height = std::max(node.height, height);
    }
    if (node.height > deepest_nesting) too_deep(node.at);
    tree_.children.insert(tree_.children.end(), children.begin(), children.end());
    tree_.nodes.push_back(node);
    return static_cast<index>(tree_.nodes.size() - 1);
  }
  index add(opcode op, std::size_t at, std::initializer_list<index> children) {
    syntax_node node;
    node.op = op;
    node.at = static_cast<index>(at);
    return add(node, std::span(children.begin(), children.size()));
  }
  index add_constant(const token& from, const value& of) {
    syntax_node node;
    node.at = static_cast<index>(from.at);
    node.constant = of;
    return add(node, {});
  }
  [[noreturn]] static void too_deep(std::size_t at) {
    throw syntax_error{at, fmt::format("the expression nests deeper than {} levels", deepest_nesting)};
  }

  index expression() {
    if (++nesting_ > deepest_nesting) too_deep(now_.at);
    index made = binary(strength_of_either);
    if (const std::size_t at = now_.at; skip("?")) {
      const index yes = binary(strength_of_either);
      expect(":");
      const index no = expression();
      made = add(opcode::conditional, at, {made, yes, no});
    }
    --nesting_;
    return made;
  }

  [[nodiscard]] const binary_operator* binary_operator_here(int weakest) const {
    const auto* const found =
        std::ranges::find_if(binary_operators, [this](const auto& each) { return is(each.sign); });
    return found != binary_operators.end() && found->strength >= weakest ? &*found : nullptr;
  }

  index binary(int weakest) {
    index left = unary();
    while (const auto* const here = binary_operator_here(weakest)) {
      const std::size_t at = now_.at;
      if (here->op == opcode::both || here->op == opcode::either) {
        left = logical_chain(left, *here);
        continue;
      }
      step();
      const index right = binary(here->strength + 1);
      left = add(here->op, at, {left, right});
    }
    return left;
  }

  /// `a && b && c` is one node, however long it is.
  index logical_chain(index first, const binary_operator& of) {
    syntax_node node;
    node.op = of.op;
    node.at = static_cast<index>(now_.at);
    std::vector<index> operands{first};
    while (skip(of.sign)) operands.push_back(binary(of.strength + 1));
    return add(node, operands);
  }

  index unary() {
    const std::size_t at = now_.at;
    if (is("!")) {
      std::size_t count = 0;
      while (skip("!")) ++count;
      const index operand = member();
      return count % 2 == 0 ? add(opcode::negation, at, {add(opcode::negation, at, {operand})})
                            : add(opcode::negation, at, {operand});
    }
    if (!is("-")) return member();
    std::size_t count = 0;
    while (skip("-")) ++count;
    const bool is_literal = now_.is == token_kind::integer || now_.is == token_kind::real;
    const index operand = is_literal ? member_of(negative_literal()) : member();
    if (is_literal) --count;
    return count % 2 == 0 ? operand : add(opcode::minus, at, {operand});
  }

  index negative_literal() {
    const token taken = now_;
    step();
    return number(taken, true);
  }

  index member() { return member_of(primary()); }

  index member_of(index made) {
    while (true) {
      const std::size_t at = now_.at;
      if (skip(".")) {
        made = field_or_method(made, at);
      } else if (skip("[")) {
        const index key = expression();
        expect("]");
        made = add(opcode::index, at, {made, key});
      } else {
        return made;
      }
    }
  }

  index field_or_method(index target, std::size_t at) {
    const token name = now_;
    if (name.is != token_kind::quoted_name && (name.is != token_kind::name || is_keyword(name.text)))
      unexpected("a field's name (others between backticks)");
    step();
    if (name.is == token_kind::name && skip("(")) return call(name, target);
    syntax_node node;
    node.op = opcode::select;
    node.at = static_cast<index>(at);
    node.name = name.text;
    return add(node, std::array{target});
  }

  std::vector<index> arguments(std::string_view closing) {
    std::vector<index> made;
    while (!is(closing)) {
      made.push_back(expression());
      if (!skip(",")) break;
    }
    return made;
  }

  index call(const token& name, std::optional<index> target) {
    std::vector<index> given;
    if (!is(")")) {
      do given.push_back(expression());
      while (skip(","));
    }
    expect(")");
    if (target) {
      for (const auto& each : macros) {
        if (each.name == name.text && each.arguments == given.size()) return expand(each, name, *target, given);
      }
      given.insert(given.begin(), *target);
    } else if (name.text == "has") {
      return has(name, given);
    }
    syntax_node node;
    node.op = opcode::call;
    node.at = static_cast<index>(name.at);
    node.name = name.text;
    node.has_target = target.has_value();
    return add(node, given);
  }

  index expand(const macro& what, const token& name, index range, std::vector<index>& given) {
    const syntax_node& variable = tree_.nodes[given.front()];
    if (variable.op != opcode::name || variable.is_global)
      throw syntax_error{variable.at,
                         fmt::format("the first argument of {}() is the name of a variable", what.name)};
    syntax_node node;
    node.op = what.op;
    node.at = static_cast<index>(name.at);
    node.name = variable.name;
    given.front() = range;
    return add(node, given);
  }

  index has(const token& name, const std::vector<index>& given) {
    if (given.size() != 1 || tree_.nodes[given.front()].op != opcode::select)
      throw syntax_error{name.at, "has() takes a field, like has(new.name)"};
    tree_.nodes[given.front()].op = opcode::has;
    return given.front();
  }

  index primary() {
    const token taken = now_;
    switch (taken.is) {
      case token_kind::integer:
      case token_kind::unsigned_integer:
      case token_kind::real:
        step();
        return number(taken, false);
      case token_kind::string:
      case token_kind::bytes:
        step();
        return text(taken);
      case token_kind::name:
        return word(false);
      case token_kind::sign:
        return grouped();
      case token_kind::quoted_name:
      case token_kind::end:
        break;
    }
    unexpected("a value");
  }

  index grouped() {
    const token taken = now_;
    if (skip("(")) {
      const index inner = expression();
      expect(")");
      return inner;
    }
    if (skip("[")) {
      syntax_node node;
      node.op = opcode::list;
      node.at = static_cast<index>(taken.at);
      const auto items = arguments("]");
      expect("]");
      return add(node, items);
    }
    if (skip("{")) return map(taken);
    if (skip(".")) {
      if (now_.is != token_kind::name) unexpected("a name");
      return word(true);
    }
    unexpected("a value");
  }

  index map(const token& opening) {
    std::vector<index> pairs;
    while (!is("}")) {
      pairs.push_back(expression());
      expect(":");
      pairs.push_back(expression());
      if (!skip(",")) break;
    }
    expect("}");
    syntax_node node;
    node.op = opcode::map;
    node.at = static_cast<index>(opening.at);
    return add(node, pairs);
  }

  /// A name, a call, or one of the words that are values.
  index word(bool is_global) {
    const token taken = now_;
    if (taken.text == "in") unexpected("a value");
    step();
    if (is_keyword(taken.text))
      return add_constant(taken, taken.text == "null" ? null_value() : boolean(taken.text == "true"));
    if (skip("(")) return call(taken, {});
    if (is_reserved(taken.text))
      throw syntax_error{taken.at, fmt::format("'{}' is a reserved word", taken.text)};
    if (is("{")) throw syntax_error{now_.at, "messages with fields are not part of the language here"};
    syntax_node node;
    node.op = opcode::name;
    node.at = static_cast<index>(taken.at);
    node.name = taken.text;
    node.is_global = is_global;
    return add(node, {});
  }

  index number(const token& from, bool is_negative) {
    if (from.is == token_kind::real) return real_number(from, is_negative);
    std::string_view digits = from.text;
    int base = 10;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
      digits.remove_prefix(2);
      base = 16;
    }
    std::uint64_t magnitude = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
    const bool is_unsigned = from.is == token_kind::unsigned_integer;
    const std::uint64_t most = is_unsigned ? UINT64_MAX : std::uint64_t{INT64_MAX} + (is_negative ? 1 : 0);
    if (failed != std::errc{} || magnitude > most)
      throw syntax_error{from.at, fmt::format("{} does not fit into 64 bits", from.text)};
    if (is_unsigned) return add_constant(from, unsigned_integer(magnitude));
    return add_constant(from, integer(static_cast<std::int64_t>(is_negative ? 0 - magnitude : magnitude)));
  }

  index real_number(const token& from, bool is_negative) {
    const auto read = parse_double(from.text);
    if (!read) throw syntax_error{from.at, fmt::format("{} is not a double", from.text)};
    return add_constant(from, real(is_negative ? -*read : *read));
  }

  index text(const token& from) {
    const std::string_view kept = tree_.memory.copy(unquote(from));
    return add_constant(from, text_of(from.is == token_kind::bytes ? kind::bytes : kind::string, kept));
  }

  syntax_tree& tree_;
  lexer lexer_;
  token now_;
  std::size_t nesting_ = 0;
};

}  // namespace

problem problem_in(std::string_view text, std::size_t offset, std::string what) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line_begin = before.rfind('\n');
  const auto line = before.substr(line_begin == std::string_view::npos ? 0 : line_begin + 1);
  return {static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1, count_characters(line) + 1,
          std::move(what)};
}

problem syntax_tree::problem_at(std::size_t offset, std::string what) const {
  return problem_in(text, offset, std::move(what));
}

std::variant<std::shared_ptr<syntax_tree>, problem> parse(std::string_view text) {
  if (text.size() > longest_text)
    return problem{1, 1, fmt::format("the expression has {} bytes; {} are allowed", text.size(), longest_text)};
  if (!is_utf8(text)) return problem{1, 1, "the expression is not valid UTF-8"};
  auto tree = std::make_shared<syntax_tree>();
  tree->text = text;
  try {
    parser(*tree).run();
  } catch (const syntax_error& mistake) {
    return tree->problem_at(mistake.at, mistake.what);
  }
  return tree;
}

}  // namespace weir::filter
