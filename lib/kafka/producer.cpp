#include <kafka/machinery.hpp>
#include <kafka/producer.hpp>

#include <async/deadline.hpp>

#include <algorithm>
#include <chrono>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::kafka {
namespace {

using namespace std::chrono_literals;

/// Events served in one go (a report event holds a whole batch) before others have their turn.
constexpr std::size_t burst = 16;
/// A wake-up that got lost would cost this much and no more.
constexpr auto safety_interval = 1s;
/// What a task of ours gets to end once it is told to.
constexpr auto unwinding = 1s;

/// Tells the producer's machinery what it is for; holds nothing of its own.
class topic_channel final : public event::channel {
 public:
  using offering = std::function<event::acceptance(const event::record&, event::share&, bool, event::refusal&)>;

  topic_channel(offering offer, topic_entry& to) : offer_(std::move(offer)), to_(to) {}

  event::acceptance offer(const event::record& what, event::share& part, bool is_alone) override {
    return offer_(what, part, is_alone, why_);
  }
  [[nodiscard]] event::refusal why() const override { return why_; }
  [[nodiscard]] std::string waits_for() const override {
    return to_.denial.empty() ? to_.opening.waits_for() : to_.denial;
  }

 private:
  offering offer_;
  topic_entry& to_;
  event::refusal why_;
};

}  // namespace

producer::machinery::machinery(async::executor on, options with)
    : on_(on),
      with_(std::move(with)),
      compresses_(compresses(with_)),
      rings_(on),
      topics_(with_),
      departures_(std::move(on), batch_size_for(default_topic_limit)) {
  main_ = &line_for(batch_size_for(default_topic_limit), false);
}

producer::machinery::~machinery() { fail_own("the Kafka producer was destroyed"); }

async::awaitable<> producer::machinery::run(async::self me, async::blocking_pool& pool) {
  async::task_scope helpers{on_, me.registry()};
  if (!lingers(with_)) {
    helpers.spawn("kafka departures", [this, &pool](async::self its) {
      return departures_.run(its, pool, [this] { return handles(); });
    });
  }
  std::exception_ptr ended;
  try {
    co_await serve_events(me, helpers);
  } catch (...) {
    ended = std::current_exception();
  }
  co_await boost::asio::this_coro::reset_cancellation_state();
  helpers.cancel();
  co_await me.wait("the end of departures", unwinding, helpers.join(unwinding));
  if (ended) std::rethrow_exception(ended);
}

async::awaitable<> producer::machinery::serve_events(async::self me, const async::task_scope& helpers) {
  while (!helpers.first_failure()) {
    // Cleared before draining: what comes later rings again. The first round serves what came before anybody
    // waited.
    rings_.clear();
    ++figures_.wakeups;
    while (drain(burst)) co_await boost::asio::post(boost::asio::use_awaitable);
    const auto now = steady_clock::now();
    after_drain(now);
    const auto until = std::min(now + safety_interval, std::max(now, topics_.due()));
    co_await me.wait("events of librdkafka", async::idle, rings_.wait(until));
  }
}

std::vector<rd_kafka_t*> producer::machinery::handles() const {
  std::vector<rd_kafka_t*> all;
  for (const auto& [size, each] : lines_) all.push_back(each.through->handle());
  return all;
}

async::awaitable<> producer::machinery::close(async::self me, async::blocking_pool& pool, steady_time until) {
  is_closing_ = true;
  fail_own("the Kafka producer is closed");
  // In flight means unknown from here on; the reports that come now are dropped with their shares.
  for (auto& [size, each] : lines_) {
    rd_kafka_purge(each.through->handle(),
                   RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }
  const auto enough = std::min(until, steady_clock::now() + 500ms);
  while (outstanding_ > 0 && steady_clock::now() < enough) {
    rings_.clear();
    while (drain(burst)) {
    }
    if (outstanding_ == 0) break;
    co_await me.wait("reports of purged records", 1s,
                     rings_.wait(std::min(enough, steady_clock::now() + 50ms)));
  }
  topics_.forget_handles();
  auto handles = std::make_shared<std::vector<handle_ptr>>();
  for (auto& [size, each] : lines_) handles->push_back(each.through->retire());
  lines_.clear();
  main_ = nullptr;
  co_await async::with_deadline(pool.run(me, "rd_kafka_destroy",
                                         [handles, guard = departures_.guard()] {
                                           guard->shut();
                                           handles->clear();
                                         }),
                                until, "the threads of librdkafka to end");
}

producer::producer(async::executor on, options with)
    : works_(std::make_unique<machinery>(std::move(on), std::move(with))) {}

producer::~producer() = default;

void producer::listen(event::sink_listener& listener) { works_->listen(listener); }

std::unique_ptr<event::channel> producer::open(std::string topic, event::topic_kind kind) {
  auto& entry = works_->open(topic, kind);
  auto offer = [works = works_.get(), &entry](const event::record& what, event::share& part, bool is_alone,
                                              event::refusal& why) {
    return works->offer(entry, what, part, is_alone, why);
  };
  return std::make_unique<topic_channel>(std::move(offer), entry);
}

void producer::probe() { works_->probe(); }

std::size_t producer::outstanding() const { return works_->outstanding_; }

async::awaitable<> producer::run(async::self me, async::blocking_pool& pool) { return works_->run(me, pool); }

async::awaitable<> producer::close(async::self me, async::blocking_pool& pool, steady_time until) {
  return works_->close(me, pool, until);
}

const figures& producer::counted() const { return works_->figures_; }

std::vector<topic_status> producer::topics() const { return works_->topics_.status(); }

std::string producer::unreachable_because() const { return works_->unreachable_because_; }

void producer::put(const std::string& topic, std::string key, std::string value,
                   std::function<void(std::exception_ptr)> then) {
  works_->put(topic, std::move(key), std::move(value), std::move(then));
}

}  // namespace weir::kafka
