#include <base/failure.hpp>
#include <pipeline/group.hpp>
#include <pipeline/spill_file.hpp>
#include <support/temporary_directory.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <csignal>
#include <filesystem>
#include <string>

namespace {

using namespace weir;
using namespace weir::pipeline;
using Catch::Matchers::ContainsSubstring;

constexpr bytes block = spill_file::block_size;

/// What `df` would lose: every open file of this process in `directory`, by its blocks on disk.
bytes on_disk(const std::filesystem::path& directory) {
  bytes sum = 0;
  for (const auto& each : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(each.path(), gone).string();
    struct stat about{};
    if (gone || !target.starts_with(directory.string()) || ::stat(each.path().c_str(), &about) != 0) continue;
    constexpr bytes unit_of_blocks = 512;
    sum += static_cast<bytes>(about.st_blocks) * unit_of_blocks;
  }
  return sum;
}

/// Files of this process end at `most` bytes while this lives.
class file_size_limit {
 public:
  explicit file_size_limit(bytes most) : ignored_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{most, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, ignored_);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;

 private:
  rlimit before_{};
  void (*ignored_)(int);
};

/// How a child process ended that ran `doing` and exited with what it returned.
int status_of_child(auto&& doing) {
  const auto child = ::fork();
  if (child == 0) ::_exit(doing());
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE("blocks come back as they were written, from any byte on") {
  const support::temporary_directory directory;
  spill_file file{directory.path(), mebibyte};
  const auto first = file.write(std::string(block, 'a'));
  const auto second = file.write(std::string(block - 1, 'b') + "c");
  std::string read(3, '?');
  file.read(second, block - 3, read);
  CHECK(read == "bbc");
  file.read(first, block - 3, read);
  CHECK(read == "aaa");
  CHECK(file.used() == 2 * block);
  CHECK(file.written() == 2 * block);
}

TEST_CASE("the file has no name, is closed on exec, and nobody else may read it") {
  const support::temporary_directory directory;
  const spill_file file{directory.path(), mebibyte};
  CHECK(std::filesystem::is_empty(directory.path()));
  int found = 0;
  for (const auto& each : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    std::error_code gone;
    if (!std::filesystem::read_symlink(each.path(), gone).string().starts_with(directory.path().string()))
      continue;
    ++found;
    const auto number = std::stoi(each.path().filename());
    CHECK((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0);
    struct stat about{};
    REQUIRE(::fstat(number, &about) == 0);
    CHECK(about.st_nlink == 0);
    CHECK((about.st_mode & 0777U) == 0600U);
  }
  CHECK(found == 1);
}

TEST_CASE("a process that is killed leaves nothing behind") {
  const support::temporary_directory directory;
  const auto status = status_of_child([&] {
    group_space space{0, directory.path(), 64 * mebibyte};
    group of{space, mebibyte};
    of.add(std::string(10 * block, 'x'), 1);
    ::raise(SIGKILL);
    return 0;
  });
  CHECK(WIFSIGNALED(status));
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("blocks that are free are used again, and an empty file gives the disk its space back") {
  const support::temporary_directory directory;
  spill_file file{directory.path(), 3 * block};
  const auto first = file.write(std::string(block, 'a'));
  const auto second = file.write(std::string(block, 'b'));
  file.release(first);
  CHECK(file.write(std::string(block, 'c')) == first);
  CHECK(on_disk(directory.path()) == 2 * block);
  file.release(second);
  file.release(first);
  CHECK(file.used() == 0);
  CHECK(on_disk(directory.path()) == 0);
}

TEST_CASE(
    "a file that may not grow is a failure with the directory and the numbers, and the rest stays whole") {
  const support::temporary_directory directory;
  spill_file file{directory.path(), 64 * mebibyte};
  const auto first = file.write(std::string(block, 'a'));
  {
    const file_size_limit limit{2 * block + block / 2};
    const auto second = file.write(std::string(block, 'b'));
    try {
      [[maybe_unused]] const auto third = file.write(std::string(block, 'c'));
      FAIL("nothing was thrown");
    } catch (const failure& caught) {
      CHECK(caught.decision() == verdict::permanent);
      CHECK(caught.reason() == "spill_failed");
      CHECK_THAT(caught.what(), ContainsSubstring(directory.path().string()) &&
                                    ContainsSubstring("524288 bytes") && ContainsSubstring("File too large") &&
                                    ContainsSubstring("more room"));
    }
    CHECK(file.used() == 2 * block);
    file.release(second);
  }
  std::string read(1, '?');
  file.read(first, block - 1, read);
  CHECK(read == "a");
}

TEST_CASE("a full disk is a failure that says so") {
  const support::temporary_directory directory;
  constexpr int not_permitted = 77;
  const auto status = status_of_child([&] {
    // A file system of a megabyte that only this child sees.
    if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return not_permitted;
    ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (::mount("weir", directory.path().c_str(), "tmpfs", 0, "size=1m") != 0) return not_permitted;
    group_space space{0, directory.path(), 64 * mebibyte};
    group of{space, mebibyte};
    try {
      of.add(std::string(8 * mebibyte, 'x'), 1);
    } catch (const failure& caught) {
      return caught.reason() == "spill_failed" &&
                     std::string_view{caught.what()}.find("No space left on device") != std::string_view::npos
                 ? 0
                 : 1;
    }
    return 2;
  });
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == not_permitted) SKIP("this user may not mount a file system");
  CHECK(WEXITSTATUS(status) == 0);
}
