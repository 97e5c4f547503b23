#include <filter/pattern.hpp>

#include <string>

namespace weir::filter {

std::unique_ptr<re2::RE2> compile_pattern(std::string_view text) {
  if (text.size() > longest_pattern) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(pattern_memory);
  options.set_never_capture(true);
  return std::make_unique<re2::RE2>(std::string(text), options);
}

bool is_found(const re2::RE2& pattern, std::string_view text) { return re2::RE2::PartialMatch(text, pattern); }

}  // namespace weir::filter
