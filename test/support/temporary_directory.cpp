#include <support/temporary_directory.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace weir::support {

temporary_directory::temporary_directory(const std::string& prefix) {
  auto name = (std::filesystem::temp_directory_path() / (prefix + "-XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "a temporary directory could not be made: " + name);
  }
  path_ = name;
  // Servers that run as another user have to get through.
  std::filesystem::permissions(path_, std::filesystem::perms{0755});
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out{file, std::ios::binary | std::ios::trunc};
  out << text;
  out.close();
  if (!out) throw std::runtime_error("could not write " + file.string());
}

}  // namespace weir::support
