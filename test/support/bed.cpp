#include <support/bed.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <set>
#include <stdexcept>

namespace weir::support {
namespace {

namespace fs = std::filesystem;

const fs::path debian_root = "/usr/lib/postgresql";

/// The number at the end of a folder's name; 0 when there is none.
int major_of(const fs::path& folder) {
  const auto name = folder.filename().string();
  const auto digits = name.substr(name.find_last_not_of("0123456789") + 1);
  return digits.empty() ? 0 : std::stoi(digits);
}

std::set<int> versions_in(const fs::path& root, const std::string& prefix) {
  std::set<int> found;
  if (!fs::exists(root)) return found;
  for (const auto& each : fs::directory_iterator{root}) {
    const bool is_named_so = each.path().filename().string().starts_with(prefix);
    if (is_named_so && fs::exists(each.path() / "bin/postgres")) found.insert(major_of(each.path()));
  }
  return found;
}

}  // namespace

fs::path bed() {
  const char* given = std::getenv("TESTBED");
  const fs::path path = given != nullptr && *given != '\0' ? given : WEIR_SOURCE_DIR "/.bed";
  if (!fs::exists(path)) {
    throw std::runtime_error(
        fmt::format("{} does not exist: run deploy/install-dependencies --tests", path.string()));
  }
  return fs::canonical(path);
}

int distribution_postgres() {
  const auto found = versions_in(debian_root, "");
  if (found.empty())
    throw std::runtime_error("PostgreSQL is not installed: run deploy/install-dependencies --tests");
  return *found.rbegin();
}

std::vector<int> postgres_versions() {
  auto found = versions_in(debian_root, "");
  found.merge(versions_in(bed(), "postgres-"));
  return {found.begin(), found.end()};
}

fs::path postgres_programs(int version) {
  const auto debian = debian_root / std::to_string(version) / "bin";
  if (fs::exists(debian / "postgres")) return debian;
  const auto unpacked = bed() / fmt::format("postgres-{}", version) / "bin";
  if (fs::exists(unpacked / "postgres")) return unpacked;
  throw std::runtime_error(
      fmt::format("there is no PostgreSQL {}: run deploy/install-dependencies --tests", version));
}

std::string unique_name(const std::string& prefix) {
  static std::mt19937 random{std::random_device{}()};
  static int count = 0;
  return fmt::format("{}_{}_{}_{:08x}", prefix, ::getpid(), ++count, random());
}

}  // namespace weir::support
