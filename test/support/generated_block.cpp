#include <support/generated_block.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace weir::support {

std::string generated_block(const std::string& path, std::string_view name, const std::string& generated) {
  std::ifstream in{path};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto begin_mark = fmt::format("<!-- {}: begin -->\n", name);
  const auto begin = text.find(begin_mark);
  const auto end = text.find(fmt::format("<!-- {}: end -->", name));
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    throw std::runtime_error{fmt::format("{} has no block {}", path, name)};
  }
  const auto first = begin + begin_mark.size();
  if (std::getenv("WEIR_WRITE_DOCS") != nullptr) {
    text.replace(first, end - first, generated);
    std::ofstream{path, std::ios::trunc} << text;
    return generated;
  }
  return text.substr(first, end - first);
}

}  // namespace weir::support
