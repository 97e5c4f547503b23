#include <filter/functions.hpp>
#include <filter/plan.hpp>

#include <fmt/format.h>

#include <re2/re2.h>

namespace weir::filter {

namespace {

std::string_view sentence_for(fault why) {
  switch (why) {
    case fault::wrong_kind:
      return "the value is of a type that does not fit here";
    case fault::null_value:
      return "the value is NULL, which does not fit here";
    case fault::no_row:
      return "there is no such row in this change";
    case fault::not_sent:
      return "PostgreSQL did not send the value (unchanged TOAST)";
    case fault::bad_column:
      return "the text from PostgreSQL is not of the column's type";
    case fault::no_such_key:
      return "there is no such key";
    case fault::out_of_bounds:
      return "the list has no such element";
    case fault::overflow:
      return "the result does not fit into its type";
    case fault::division_by_zero:
      return "division by zero";
    case fault::bad_conversion:
      return "the text does not denote such a value";
    case fault::out_of_range:
      return "the value is outside of what the type holds";
    case fault::not_utf8:
      return "the bytes are not valid UTF-8";
    case fault::bad_pattern:
      return "the regular expression is none, or too large";
    case fault::repeated_key:
      return "the map names a key twice";
    case fault::too_deep:
      return "the JSON nests deeper than 64 levels";
    case fault::too_much_work:
      return "the evaluation takes more work than is allowed";
    case fault::too_much_memory:
      return "the evaluation takes more memory than is allowed";
  }
  return "no answer";
}

}  // namespace

plan::plan() = default;
plan::~plan() = default;

std::string plan::explain(const value& of) const {
  const plan_step& step = steps[of.extra < steps.size() ? of.extra : root];
  const problem where = source->problem_at(step.at, {});
  std::string subject;
  const bool is_column =
      step.op == opcode::column || step.op == opcode::changed || step.op == opcode::has_column;
  if (is_column) subject = fmt::format("{}.{}: ", columns[step.a].is_old ? "old" : "new", columns[step.a].name);
  if (step.op == opcode::select) subject = fmt::format("'{}': ", step.constant.view());
  return fmt::format("line {}, column {}: {}{}", where.line, where.column, subject, sentence_for(of.why));
}

}  // namespace weir::filter
