#include <stdio/state_file.hpp>

#include <event/stored_position.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <string_view>
#include <system_error>

#include <base/failure.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace weir::stdio {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& file, std::string_view doing) {
  const auto why = std::generic_category().message(errno);
  throw failure{verdict::permanent, "state_file",
                fmt::format("{} cannot be {}: {}", file.string(), doing, why)};
}

class open_file {
 public:
  open_file(const fs::path& file, int flags) : number_(::open(file.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~open_file() {
    if (number_ >= 0) (void)::close(number_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

std::string read_all(int number, const fs::path& file) {
  std::string text;
  std::array<char, 4096> block{};
  for (;;) {
    const auto size = ::read(number, block.data(), block.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) refuse(file, "read");
    if (size == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(size));
  }
}

void write_all(int number, std::string_view text, const fs::path& file) {
  while (!text.empty()) {
    const auto size = ::write(number, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) refuse(file, "written");
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

[[noreturn]] void not_ours(const fs::path& file) {
  throw failure{
      verdict::corrupt, "state_unreadable",
      fmt::format("{} is not a file of positions that Weir wrote: move it away, or correct WEIR_STATE",
                  file.string())};
}

}  // namespace

kept_state read_state(const fs::path& file) {
  const open_file opened{file, O_RDONLY};
  if (opened.number() < 0 && errno == ENOENT) return {};
  if (opened.number() < 0) refuse(file, "opened");
  const auto text = read_all(opened.number(), file);
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(text).get(root) != simdjson::SUCCESS) not_ours(file);
  kept_state all;
  const auto suffix = event::snapshot_key("");
  for (const auto field : root) {
    const std::string document = simdjson::minify(field.value);
    if (field.key.ends_with(suffix)) {
      auto snapshot = event::snapshot_progress_from_json(document);
      if (snapshot) {
        all.snapshots.emplace(field.key.substr(0, field.key.size() - suffix.size()), std::move(*snapshot));
        continue;
      }
    }
    // A slot may have that name.
    auto position = event::stored_position_from_json(document);
    if (!position) not_ours(file);
    all.positions.emplace(field.key, std::move(*position));
  }
  return all;
}

void write_state(const fs::path& file, const kept_state& all) {
  boost::json::object root;
  for (const auto& [key, position] : all.positions) root[key] = boost::json::parse(event::to_json(position));
  for (const auto& [key, snapshot] : all.snapshots) {
    root[event::snapshot_key(key)] = boost::json::parse(event::to_json(snapshot));
  }
  const auto beside = fs::path{file}.concat(".new");
  {
    const open_file made{beside, O_WRONLY | O_CREAT | O_TRUNC};
    if (made.number() < 0) refuse(beside, "made");
    write_all(made.number(), boost::json::serialize(root) + "\n", beside);
    if (::fsync(made.number()) != 0) refuse(beside, "synced");
  }
  if (::rename(beside.c_str(), file.c_str()) != 0) refuse(file, "replaced");
  // The new name is on the disk only when its directory is.
  const auto directory = file.has_parent_path() ? file.parent_path() : fs::path{"."};
  const open_file folder{directory, O_RDONLY | O_DIRECTORY};
  if (folder.number() < 0 || ::fsync(folder.number()) != 0) refuse(directory, "synced");
}

}  // namespace weir::stdio
