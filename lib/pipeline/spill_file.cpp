#include <pipeline/spill_file.hpp>

#include <base/failure.hpp>
#include <base/log.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace weir::pipeline {
namespace {

std::string text_of(int error) { return std::error_code(error, std::generic_category()).message(); }

/// A file in `directory` that no name leads to, or -1 with errno.
int open_nameless(const std::string& directory) {
  // O_EXCL: nobody can give it a name later.
  const int made = ::open(directory.c_str(), O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  // EISDIR: a kernel that does not know the flag; EOPNOTSUPP: a file system that does not (NFS, some FUSE).
  if (made >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return made;
  auto path = directory + "/weir-spill-XXXXXX";
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(path.c_str());
  return named;
}

failure failed(std::string_view doing, const std::string& directory, bytes held, bytes limit, int error) {
  return {
      verdict::permanent, "spill_failed",
      fmt::format("WEIR_SPILL {}: {} failed with {} bytes of grouped transactions in it (WEIR_SPILL_LIMIT {} "
                  "bytes): {}; {}",
                  directory, doing, held, limit, text_of(error),
                  error == ENOSPC || error == EDQUOT || error == EFBIG
                      ? "give the directory more room, or set WEIR_SPILL to another one"
                      : "check the disk, or set WEIR_SPILL to another directory")};
}

}  // namespace

spill_file::spill_file(std::string directory, bytes limit)
    : directory_(std::move(directory)), limit_(limit), file_(open_nameless(directory_)) {
  if (file_ >= 0) return;
  throw failure{
      verdict::permanent, "spill_directory",
      fmt::format("WEIR_SPILL {}: cannot make a file there: {}; it must be an existing directory that "
                  "this process may write (user {})",
                  directory_, text_of(errno), ::geteuid())};
}

spill_file::~spill_file() { ::close(file_); }

spill_file::block spill_file::take() {
  if (!free_.empty()) {
    const auto lowest = free_.top();
    free_.pop();
    return lowest;
  }
  if ((blocks_ + 1) * block_size > limit_) {
    throw failure{
        verdict::permanent, "spill_limit",
        fmt::format("WEIR_SPILL {}: grouped transactions fill it with {} bytes and WEIR_SPILL_LIMIT is "
                    "{} bytes: raise the limit, or do not group this table by transaction",
                    directory_, used(), limit_)};
  }
  return static_cast<block>(blocks_++);
}

spill_file::block spill_file::write(std::string_view text) {
  const auto held = used();
  const auto taken = take();
  auto at = static_cast<off_t>(taken * block_size);
  for (auto left = text; !left.empty();) {
    const auto done = ::pwrite(file_, left.data(), left.size(), at);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) {
      const auto error = done == 0 ? ENOSPC : errno;
      release(taken);
      throw failed("writing", directory_, held, limit_, error);
    }
    left.remove_prefix(static_cast<std::size_t>(done));
    at += done;
  }
  written_ += text.size();
  return taken;
}

void spill_file::read(block of, std::size_t from, std::span<char> into) const {
  auto at = static_cast<off_t>(of * block_size + from);
  while (!into.empty()) {
    const auto done = ::pread(file_, into.data(), into.size(), at);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) throw failed("reading", directory_, used(), limit_, done == 0 ? EIO : errno);
    into = into.subspan(static_cast<std::size_t>(done));
    at += done;
  }
}

void spill_file::release(block which) noexcept {
  free_.push(which);
  if (free_.size() < blocks_) return;
  free_ = {};
  blocks_ = 0;
  if (::ftruncate(file_, 0) != 0) {
    log::warn("WEIR_SPILL {}: giving the space back failed: {}", directory_, text_of(errno));
  }
}

}  // namespace weir::pipeline
