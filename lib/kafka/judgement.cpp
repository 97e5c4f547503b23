#include <kafka/judgement.hpp>

#include <kafka/errors.hpp>

namespace weir::kafka {

report_verdict judge(int error, bool is_persisted, std::int64_t offset) {
  using result = event::report::result;
  if (error == 0) {
    if (is_persisted && offset >= 0) return {result::delivered, {}, {}};
    return {result::lost, "NO_OFFSET",
            "reported as written, but without an offset: it may be in the log or not"};
  }
  const auto is = meaning_of(error) == meaning::guilty ? result::refused : result::lost;
  return {is, name_of(error), text_of(error)};
}

}  // namespace weir::kafka
