#include <filter/decide.hpp>

#include <new>

namespace weir::filter {

decision decide(const plan& by, const surroundings& around, scratch& with) noexcept {
  try {
    const value result = evaluate(by, around, with);
    if (result.is == kind::boolean) return {result.boolean ? decision::kind::keep : decision::kind::drop, {}};
    if (result.is_error()) return {decision::kind::error, by.explain(result)};
    const fault why = result.is == kind::null ? fault::null_value : fault::wrong_kind;
    return {decision::kind::error, by.explain(error(why, by.root))};
  } catch (...) {
    // Only memory can be wanting here, so nothing more is said.
    return {decision::kind::error, {}};
  }
}

}  // namespace weir::filter
