#include <filter/real_text.hpp>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace weir::filter {

std::optional<double> parse_double(std::string_view text) {
  double read = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, read);
  if (stopped != end || text.empty()) return {};
  if (failed == std::errc{}) return read;
  if (failed != std::errc::result_out_of_range) return {};
  // Too large or too small: from_chars does not say which.
  read = std::strtod(std::string(text).c_str(), nullptr);
  if (std::isinf(read)) return {};
  return read;
}

}  // namespace weir::filter
