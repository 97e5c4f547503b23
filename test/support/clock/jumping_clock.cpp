/// Preloaded into a program: its wall clock is off by what the file of JUMPING_CLOCK_FILE holds, a number of
/// seconds (8 bytes, little end first) that may change at any moment. Steady clocks stay as they are. Waits
/// until a wall time are in the system's time again, as after a jump they would be.

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

const volatile std::int64_t* open_offset() {
  static constexpr std::int64_t none = 0;
  const char* file = std::getenv("JUMPING_CLOCK_FILE");
  const int fd = file == nullptr ? -1 : ::open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return &none;
  void* const page = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  return page == MAP_FAILED ? &none : static_cast<const volatile std::int64_t*>(page);
}

std::int64_t offset() {
  static const volatile std::int64_t* const seconds = open_offset();
  return *seconds;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

// The system is asked without libc: a sanitizer's allocator asks for the time with its locks held, and dlsym
// would allocate.
int clock_gettime(clockid_t which, timespec* now) {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, which, now));
  if (result == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
  return result;
}

int gettimeofday(timeval* now, void* /*zone*/) {
  constexpr long microsecond = 1000;
  timespec found{};
  const int result = clock_gettime(CLOCK_REALTIME, &found);
  if (result == 0) *now = {found.tv_sec, found.tv_nsec / microsecond};
  return result;
}

time_t time(time_t* now) {
  timespec found{};
  clock_gettime(CLOCK_REALTIME, &found);
  if (now != nullptr) *now = found.tv_sec;
  return found.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t* on, pthread_mutex_t* with, const timespec* until) {
  static const auto real =
      next<int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*)>("pthread_cond_timedwait");
  // A condition may count by the steady clock, which is far from every date of ours.
  constexpr time_t first_of_dates = 1'000'000'000;
  timespec there = *until;
  if (there.tv_sec > first_of_dates) there.tv_sec -= offset();
  return real(on, with, &there);
}
}
