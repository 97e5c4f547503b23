#include "memory_rest.hpp"

#include <async/condition.hpp>

#include <cstdlib>

#if defined(WEIR_MIMALLOC)
#include <mimalloc.h>
#elif defined(__GLIBC__)
#include <malloc.h>
#endif

namespace weir::app {
namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 1s;
constexpr auto quiet_time = 2s;
/// A source that trickles must not pay for it all the time.
constexpr auto shortest_interval = 10s;

void give_back() {
#if defined(WEIR_MIMALLOC)
  mi_collect(true);
#elif defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace

bool memory_rest::is_due(steady_time now, std::uint64_t delivered, bool has_nothing_out) {
  if (delivered != delivered_ || !has_nothing_out) {
    delivered_ = delivered;
    quiet_since_ = now;
    return false;
  }
  if (delivered == given_back_at_ || now - quiet_since_ < quiet_time) return false;
  if (last_ != steady_time{} && now - last_ < shortest_interval) return false;
  given_back_at_ = delivered;
  last_ = now;
  return true;
}

void configure_allocator() {
#if defined(WEIR_MIMALLOC)
#if MI_MALLOC_VERSION < 210
  // Half a second otherwise, which is a hundred requests; later versions wait for ten milliseconds by
  // themselves.
  constexpr long until_given_back_ms = 10;
  mi_option_set(mi_option_segment_decommit_delay, until_given_back_ms);
#endif
#elif defined(__GLIBC__)
  // Above what a record usually takes, below a request's buffer.
  constexpr int least_mapped = 512 * 1024;
  // Said as well, because the C library stops adapting it with the other one: records come and go by the
  // megabyte, and a heap that shrinks and grows with them costs a fault for each page. `give_back` shrinks it.
  constexpr int least_trimmed = 64 * 1024 * 1024;
  mallopt(M_MMAP_THRESHOLD, least_mapped);   // NOLINT(concurrency-mt-unsafe): before any thread
  mallopt(M_TRIM_THRESHOLD, least_trimmed);  // NOLINT(concurrency-mt-unsafe): likewise
#endif
}

async::awaitable<> give_memory_back(async::self me, async::executor on, const pipe* of) {
  memory_rest rest;
  async::condition never{on};
  for (;;) {
    co_await me.wait("the next look", look_interval, never.wait_until(steady_clock::now() + look_interval));
    const bool has_nothing_out = of->flow().book().has_nothing_out();
    if (rest.is_due(steady_clock::now(), of->flow().counts().delivered, has_nothing_out)) give_back();
  }
}

}  // namespace weir::app
