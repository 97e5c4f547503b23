#include <filter/arithmetic.hpp>
#include <filter/compare.hpp>
#include <filter/conversion.hpp>
#include <filter/evaluator.hpp>
#include <filter/pattern.hpp>
#include <filter/utf8.hpp>

#include <algorithm>
#include <cmath>

namespace weir::filter {

value surroundings::variable(std::uint32_t /*number*/, scratch& /*with*/) const { return error(fault::no_row); }
value surroundings::column(const column_use& /*which*/, scratch& /*with*/) const {
  return error(fault::no_row);
}
value surroundings::has_column(const column_use& /*which*/) const { return error(fault::no_row); }
value surroundings::changed(const column_use& /*which*/) const { return error(fault::no_row); }
bool surroundings::is_row_absent(bool /*old*/) const { return true; }

namespace {

/// What compiling a pattern that is only known now costs, in units of work: about a millisecond at worst.
constexpr std::size_t work_of_pattern = 100'000;
/// RE2 takes longer than a comparison for each byte.
constexpr std::size_t slowness_of_matching = 8;

value misfit(const value& of) { return error(of.is == kind::null ? fault::null_value : fault::wrong_kind); }
value misfit(const value& one, const value& other) {
  return error(one.is == kind::null || other.is == kind::null ? fault::null_value : fault::wrong_kind);
}

/// Walks the plan. Recursion is as deep as the plan, which the parser bounds.
class evaluator {
 public:
  evaluator(const plan& of, const surroundings& around, scratch& with, arena& memory)
      : plan_(of), around_(around), with_(with), memory_(memory) {}

  value run(std::uint32_t at) {
    if (!with_.budget.take()) return error(fault::too_much_work, at);
    value made = perform(plan_.steps[at]);
    if (made.is_error() && made.extra == no_step) made.extra = at;
    return made;
  }

 private:
  value perform(const plan_step& step) {
    switch (step.op) {
      case opcode::constant:
        return step.constant;
      case opcode::local:
        return with_.locals[step.slot];
      case opcode::variable:
        return around_.variable(step.a, with_);
      case opcode::column:
        return column(plan_.columns[step.a]);
      case opcode::has_column:
        return around_.has_column(plan_.columns[step.a]);
      case opcode::changed:
        return around_.changed(plan_.columns[step.a]);
      case opcode::is_row_absent:
        return boolean(around_.is_row_absent(step.detail != 0));
      case opcode::both:
      case opcode::either:
        return logic(step);
      case opcode::conditional:
        return conditional(step);
      case opcode::negation:
        return with_one(
            step, [](const value& of) { return of.is == kind::boolean ? boolean(!of.boolean) : misfit(of); });
      case opcode::minus:
        return with_one(step, negative);
      case opcode::select:
        return with_one(step, [&](const value& of) { return field(of, step.constant); });
      case opcode::has_key:
        return with_one(step, [&](const value& of) {
          return of.is == kind::map ? boolean(find(of, step.constant, with_.budget) != nullptr) : misfit(of);
        });
      case opcode::size:
        return with_one(step, [this](const value& of) { return size(of); });
      case opcode::matches_known:
        return with_one(step, [&](const value& of) { return matches(of, *plan_.patterns[step.b]); });
      case opcode::clock:
        return with_one(step, [&](const value& of) { return clock(step, of); });
      case opcode::to_int:
      case opcode::to_uint:
      case opcode::to_double:
      case opcode::to_string:
      case opcode::to_bytes:
      case opcode::to_bool:
      case opcode::to_timestamp:
      case opcode::to_duration:
      case opcode::to_numeric:
      case opcode::to_lsn:
        return with_one(step, [&](const value& of) { return convert(step.op, of, memory_, with_.budget); });
      case opcode::equal:
        return with_two(step, [this](const value& left, const value& right) {
          return boolean(are_equal(left, right, with_.budget));
        });
      case opcode::unequal:
        return with_two(step, [this](const value& left, const value& right) {
          return boolean(!are_equal(left, right, with_.budget));
        });
      case opcode::less:
        return ordered(step, [](order is) { return is == order::less; });
      case opcode::less_or_equal:
        return ordered(step, [](order is) { return is == order::less || is == order::equal; });
      case opcode::greater:
        return ordered(step, [](order is) { return is == order::greater; });
      case opcode::greater_or_equal:
        return ordered(step, [](order is) { return is == order::greater || is == order::equal; });
      case opcode::in:
        return with_two(step, [this](const value& item, const value& within) { return is_in(item, within); });
      case opcode::index:
        return with_two(step, [this](const value& of, const value& key) { return element(of, key); });
      case opcode::add:
      case opcode::subtract:
      case opcode::multiply:
      case opcode::divide:
      case opcode::modulo:
        return with_two(step, [&](const value& left, const value& right) {
          return calculate(step.op, left, right, memory_, with_.budget);
        });
      case opcode::contains:
        return searched(step, [this](auto text, auto wanted) { return contains(text, wanted); });
      case opcode::starts_with:
        return searched(step, [](auto text, auto wanted) { return boolean(text.starts_with(wanted)); });
      case opcode::ends_with:
        return searched(step, [](auto text, auto wanted) { return boolean(text.ends_with(wanted)); });
      case opcode::matches:
        return with_two(step,
                        [this](const value& text, const value& pattern) { return matches(text, pattern); });
      case opcode::list:
        return make_list(step);
      case opcode::map:
        return make_map(step);
      case opcode::all:
      case opcode::exists:
      case opcode::exists_one:
      case opcode::transform:
      case opcode::transform_if:
      case opcode::filter:
        return macro(step);
      case opcode::name:
      case opcode::call:
      case opcode::has:
        break;
    }
    return error(fault::wrong_kind);
  }

  value column(const column_use& use) {
    if (use.cache_slot == column_use::not_cached) return around_.column(use, with_);
    auto& cached = with_.columns[use.cache_slot];
    if (cached.evaluation != with_.evaluation) {
      cached.read = around_.column(use, with_);
      cached.evaluation = with_.evaluation;
    }
    return cached.read;
  }

  /// An operand that decides prevails over errors on either side, as CEL has it.
  value logic(const plan_step& step) {
    const bool decides = step.op == opcode::either;
    value first_error = boolean(!decides);
    for (std::uint32_t number = 0; number < step.b; ++number) {
      value each = run(plan_.operands[step.a + number]);
      if (each.is == kind::boolean) {
        if (each.boolean == decides) return each;
        continue;
      }
      if (!each.is_error()) {
        each = misfit(each);
        each.extra = plan_.operands[step.a + number];
      }
      if (!first_error.is_error()) first_error = each;
    }
    return first_error;
  }

  value conditional(const plan_step& step) {
    const value condition = run(step.a);
    if (condition.is_error()) return condition;
    if (condition.is != kind::boolean) return misfit(condition);
    return run(condition.boolean ? step.b : step.c);
  }

  /// `make` turns the value of the only operand into the result. Errors pass.
  template <class Make>
  value with_one(const plan_step& step, Make make) {
    const value operand = run(step.a);
    return operand.is_error() ? operand : make(operand);
  }

  template <class Make>
  value with_two(const plan_step& step, Make make) {
    const value left = run(step.a);
    if (left.is_error()) return left;
    const value right = run(step.b);
    return right.is_error() ? right : make(left, right);
  }

  template <class Holds>
  value ordered(const plan_step& step, Holds holds) {
    return with_two(step, [&](const value& left, const value& right) {
      const order is = compare(left, right, with_.budget);
      return is == order::no_order ? misfit(left, right) : boolean(holds(is));
    });
  }

  template <class Make>
  value searched(const plan_step& step, Make make) {
    return with_two(step, [&](const value& text, const value& wanted) {
      if (text.is != kind::string || wanted.is != kind::string) return misfit(text, wanted);
      if (!with_.budget.take_bytes(std::size_t{text.extra} + wanted.extra)) return error(fault::too_much_work);
      return make(text.view(), wanted.view());
    });
  }

  value field(const value& of, const value& name) {
    if (of.is != kind::map) return misfit(of);
    const value* const found = find(of, name, with_.budget);
    return found == nullptr ? error(fault::no_such_key) : *found;
  }

  value matches(const value& text, const re2::RE2& pattern) {
    if (text.is != kind::string) return misfit(text);
    if (!with_.budget.take_bytes(std::size_t{text.extra} * slowness_of_matching))
      return error(fault::too_much_work);
    return boolean(is_found(pattern, text.view()));
  }

  value matches(const value& text, const value& pattern) {
    if (text.is != kind::string || pattern.is != kind::string) return misfit(text, pattern);
    if (!with_.budget.take(work_of_pattern)) return error(fault::too_much_work);
    const auto compiled = compile_pattern(pattern.view());
    if (!compiled || !compiled->ok()) return error(fault::bad_pattern);
    return matches(text, *compiled);
  }

  value size(const value& of) {
    if (of.is == kind::string) {
      if (!with_.budget.take_bytes(of.extra)) return error(fault::too_much_work);
      return integer(static_cast<std::int64_t>(count_characters(of.view())));
    }
    const bool has_size = of.is == kind::bytes || of.is == kind::list || of.is == kind::map;
    return has_size ? integer(of.extra) : misfit(of);
  }

  value clock(const plan_step& step, const value& of) {
    const auto field = static_cast<clock_field>(step.detail);
    if (of.is == kind::timestamp)
      return field_of_timestamp(of, field, step.b == 0 ? cctz::time_zone() : plan_.zones[step.b - 1]);
    return of.is == kind::duration && step.b == 0 ? field_of_duration(of.integer, field) : misfit(of);
  }

  value is_in(const value& item, const value& within) {
    if (within.is == kind::map) return boolean(find(within, item, with_.budget) != nullptr);
    if (within.is != kind::list) return misfit(within);
    if (!with_.budget.take(within.extra / 4)) return error(fault::too_much_work);
    for (std::uint32_t index = 0; index < within.extra; ++index) {
      if (are_equal(within.items[index], item, with_.budget)) return boolean(true);
    }
    return boolean(false);
  }

  value element(const value& of, const value& key) {
    if (of.is == kind::map) return field(of, key);
    if (of.is != kind::list) return misfit(of);
    std::uint64_t index = 0;
    if (key.is == kind::integer && key.integer >= 0) {
      index = static_cast<std::uint64_t>(key.integer);
    } else if (key.is == kind::unsigned_integer) {
      index = key.unsigned_integer;
    } else if (key.is == kind::real && key.real >= 0 && key.real < UINT32_MAX &&
               std::trunc(key.real) == key.real) {
      index = static_cast<std::uint64_t>(key.real);
    } else {
      return key.is == kind::integer ? error(fault::out_of_bounds) : misfit(key);
    }
    return index < of.extra ? of.items[index] : error(fault::out_of_bounds);
  }

  /// Two texts from rows may be made so that the plain search takes the product of their sizes.
  value contains(std::string_view text, std::string_view wanted) {
    constexpr std::size_t short_enough = 64;
    if (wanted.size() > short_enough &&
        !with_.budget.take(text.size() / work::bytes_per_unit * (wanted.size() / short_enough)))
      return error(fault::too_much_work);
    return boolean(text.find(wanted) != std::string_view::npos);
  }

  value make_list(const plan_step& step) {
    auto* const items = memory_.array<value>(step.b);
    if (items == nullptr) return error(fault::too_much_memory);
    for (std::uint32_t number = 0; number < step.b; ++number) {
      items[number] = run(plan_.operands[step.a + number]);
      if (items[number].is_error()) return items[number];
    }
    return list(items, step.b);
  }

  value make_map(const plan_step& step) {
    auto* const entries = memory_.array<entry>(step.b / 2);
    if (entries == nullptr) return error(fault::too_much_memory);
    for (std::uint32_t number = 0; number < step.b / 2; ++number) {
      entry& each = entries[number];
      each.key = run(plan_.operands[step.a + 2 * number]);
      if (each.key.is_error()) return each.key;
      const bool is_key = each.key.is == kind::boolean || each.key.is == kind::string ||
                          each.key.is == kind::integer || each.key.is == kind::unsigned_integer;
      if (!is_key) return misfit(each.key);
      if (find(map(entries, number), each.key, with_.budget) != nullptr) return error(fault::repeated_key);
      each.mapped = run(plan_.operands[step.a + 2 * number + 1]);
      if (each.mapped.is_error()) return each.mapped;
    }
    return map(entries, step.b / 2);
  }

  value macro(const plan_step& step) {
    const value range = run(step.a);
    if (range.is_error()) return range;
    if (range.is != kind::list && range.is != kind::map) return misfit(range);
    const bool makes_list =
        step.op == opcode::transform || step.op == opcode::transform_if || step.op == opcode::filter;
    return makes_list ? collect(step, range) : quantify(step, range);
  }

  /// The next element of a list or key of a map becomes the macro's variable.
  const value& bind(const plan_step& step, const value& range, std::uint32_t number) {
    return with_.locals[step.slot] = range.is == kind::list ? range.items[number] : range.entries[number].key;
  }

  value quantify(const plan_step& step, const value& range) {
    const bool decides = step.op != opcode::all;
    value first_error = boolean(!decides);
    std::uint32_t holding = 0;
    for (std::uint32_t number = 0; number < range.extra; ++number) {
      bind(step, range, number);
      value each = run(step.b);
      if (each.is != kind::boolean && !each.is_error()) {
        each = misfit(each);
        each.extra = step.b;
      }
      if (each.is_error() && (step.op == opcode::exists_one || with_.budget.is_spent())) return each;
      if (each.is_error()) {
        if (!first_error.is_error()) first_error = each;
        continue;
      }
      if (step.op == opcode::exists_one) {
        holding += each.boolean ? 1 : 0;
      } else if (each.boolean == decides) {
        return each;
      }
    }
    return step.op == opcode::exists_one ? boolean(holding == 1) : first_error;
  }

  value collect(const plan_step& step, const value& range) {
    auto* const items = memory_.array<value>(range.extra);
    if (items == nullptr) return error(fault::too_much_memory);
    std::uint32_t count = 0;
    for (std::uint32_t number = 0; number < range.extra; ++number) {
      value each = bind(step, range, number);
      if (step.op != opcode::transform) {
        const value taken = run(step.b);
        if (taken.is_error()) return taken;
        if (taken.is != kind::boolean) return misfit(taken);
        if (!taken.boolean) continue;
      }
      if (step.op != opcode::filter) each = run(step.c);
      if (each.is_error()) return each;
      items[count++] = each;
    }
    return list(items, count);
  }

  const plan& plan_;
  const surroundings& around_;
  scratch& with_;
  arena& memory_;
};

}  // namespace

value evaluate_step(const plan& of, std::uint32_t step, const surroundings& around, scratch& with,
                    arena& memory) {
  return evaluator(of, around, with, memory).run(step);
}

value evaluate(const plan& of, const surroundings& around, scratch& with) {
  with.begin(of.locals, of.cached_columns);
  const value made = evaluate_step(of, of.root, around, with, with.memory);
  if (with.budget.is_spent()) return error(fault::too_much_work, of.root);
  return made;
}

}  // namespace weir::filter
