#include <config/secret.hpp>

#include <base/failure.hpp>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace weir::config {
namespace {

/// Editors and `echo` end a file with a newline; a second one belongs to the value.
void drop_one_newline(std::string& value) {
  if (value.ends_with("\r\n")) {
    value.resize(value.size() - 2);
  } else if (value.ends_with('\n')) {
    value.pop_back();
  }
}

std::string read_file(const std::string& path) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  std::string content;
  errno = 0;
  // A directory opens as well as a file does; only reading it fails.
  if (const std::unique_ptr<std::FILE, decltype(close)> file{std::fopen(path.c_str(), "rb"), close}) {
    std::array<char, 4096> part{};
    while (const auto count = std::fread(part.data(), 1, part.size(), file.get()))
      content.append(part.data(), count);
    if (std::ferror(file.get()) == 0) return content;
  }
  throw failure{verdict::retry, "secret_file",
                fmt::format("cannot read the secret file {}: {}; check its path and its permissions", path,
                            std::strerror(errno))};
}

}  // namespace

secret secret::literal(std::string value) {
  secret made;
  made.origin_ = origin::literal;
  made.text_ = std::move(value);
  drop_one_newline(made.text_);
  return made;
}

secret secret::in_file(std::string path) {
  secret made;
  made.origin_ = origin::file;
  made.text_ = std::move(path);
  return made;
}

const std::string& secret::path() const {
  static const std::string none;
  return is_file() ? text_ : none;
}

std::string secret::read() const {
  if (!is_file()) return text_;
  auto value = read_file(text_);
  drop_one_newline(value);
  return value;
}

}  // namespace weir::config
