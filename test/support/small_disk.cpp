#include <support/small_disk.hpp>

#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fcntl.h>
#include <cerrno>
#include <system_error>

namespace weir::support {
namespace {

constexpr const char* ballast = "ballast";

}  // namespace

small_disk::small_disk(int mebibytes) {
  const auto options = fmt::format("size={}m,mode=0777", mebibytes);
  if (::mount("tmpfs", path().c_str(), "tmpfs", 0, options.c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), "no disk could be mounted");
}

small_disk::~small_disk() { ::umount2(path().c_str(), MNT_DETACH); }

bool small_disk::can_mount() {
  try {
    const small_disk tried{1};
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void small_disk::fill_but(std::uintmax_t free) const {
  const auto there = std::filesystem::space(path()).available;
  if (there <= free) return;
  const int fd = ::open((path() / ballast).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int error = fd < 0 ? errno : ::posix_fallocate(fd, 0, static_cast<off_t>(there - free));
  if (fd >= 0) ::close(fd);
  if (error != 0) throw std::system_error(error, std::generic_category(), "the disk could not be filled");
}

void small_disk::clear() const { std::filesystem::remove(path() / ballast); }

}  // namespace weir::support
