#include <kafka/departures.hpp>

#include <base/failure.hpp>

namespace weir::kafka {
namespace {

/// Long enough for the library's threads to wake and see it; ends as soon as nothing is out.
constexpr int flush_ms = 2;

}  // namespace

void departures::gate::shut() {
  const std::scoped_lock hold{held_};
  is_open_ = false;
}

void departures::gate::flush(const std::vector<rd_kafka_t*>& handles) {
  const std::scoped_lock hold{held_};
  if (!is_open_) return;
  for (auto* each : handles) (void)rd_kafka_flush(each, flush_ms);
}

departures::departures(async::executor on, bytes batch) : decision_(batch), changed_(std::move(on)) {}

void departures::wake() noexcept {
  wakes_on_take_ = wakes_on_answer_ = false;
  changed_.notify_all();
}

async::awaitable<> departures::run(async::self me, async::blocking_pool& pool,
                                   std::function<std::vector<rd_kafka_t*>()> handles) {
  for (;;) {
    const auto now = steady_clock::now();
    const auto next = decision_.look(now, so_far_);
    if (next.at > now) {
      wakes_on_take_ = next.on_take;
      wakes_on_answer_ = next.on_answer;
      (void)co_await me.wait("records that may leave", async::idle, changed_.wait_until(next.at));
      continue;
    }
    decision_.left(now, so_far_);
    try {
      co_await pool.run(me, "rd_kafka_flush", [gate = gate_, all = handles()] { gate->flush(all); });
    } catch (const failure&) {
      // The pool is full of other calls; the order to leave is repeated while no answer comes.
    }
  }
}

}  // namespace weir::kafka
