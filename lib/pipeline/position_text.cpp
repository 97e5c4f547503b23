#include <pipeline/position_text.hpp>

#include <charconv>

namespace weir::pipeline {

std::string_view position_text::of(const event::position& at) {
  if (kept_ == 0 || timeline_ != at.timeline || commit_ != at.commit) {
    const auto* end = fmt::format_to(text_.data(), "{}/{}/", at.timeline, at.commit);
    kept_ = static_cast<std::size_t>(end - text_.data());
    timeline_ = at.timeline;
    commit_ = at.commit;
  }
  char* const limit = text_.data() + text_.size();
  char* end = std::to_chars(text_.data() + kept_, limit, at.seq).ptr;
  *end++ = '/';
  end = std::to_chars(end, limit, at.part).ptr;
  return {text_.data(), static_cast<std::size_t>(end - text_.data())};
}

}  // namespace weir::pipeline
