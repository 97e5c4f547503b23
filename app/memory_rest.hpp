#pragma once

#include "pipe.hpp"

#include <async/task_scope.hpp>
#include <base/clock.hpp>

#include <cstdint>

namespace weir::app {

/// Decides when freed memory goes back to the system. The allocator keeps what a backlog needed, and who
/// watches resident memory would take it for a leak. Due when something was delivered since the last time and
/// then nothing was out for a while: giving back takes milliseconds, which nobody waits for at rest.
class memory_rest {
 public:
  [[nodiscard]] bool is_due(steady_time now, std::uint64_t delivered, bool has_nothing_out);

 private:
  std::uint64_t delivered_ = 0;
  std::uint64_t given_back_at_ = 0;  ///< count of deliveries when memory was last given back
  steady_time quiet_since_{};
  steady_time last_{};
};

/// Makes large blocks cost what is written to them, and only while they are in use. To be called before the
/// first thread starts. librdkafka asks for a request's buffer as if all that is queued had to go into it, and
/// fills one part: each makes other pages resident, up to several times what is in use.
void configure_allocator();

/// Looks every second, until cancelled.
async::awaitable<> give_memory_back(async::self me, async::executor on, const pipe* of);

}  // namespace weir::app
