#include <kafka/judgement.hpp>

#include <kafka/errors.hpp>

namespace weir::kafka {
namespace {

event::report::result result_of(meaning is) {
  using result = event::report::result;
  switch (is) {
    case meaning::guilty:
      return result::refused;
    case meaning::denied:
      return result::denied;
    case meaning::none:
    case meaning::full:
    case meaning::missing:
    case meaning::passing:
    case meaning::useless:
      break;
  }
  return result::lost;
}

}  // namespace

report_verdict judge(int error, bool is_persisted, std::int64_t offset) {
  using result = event::report::result;
  if (error == 0) {
    if (is_persisted && offset >= 0) return {result::delivered, {}, {}};
    return {result::lost, "NO_OFFSET",
            "reported as written, but without an offset: it may be in the log or not"};
  }
  return {result_of(meaning_of(error)), name_of(error), text_of(error)};
}

}  // namespace weir::kafka
