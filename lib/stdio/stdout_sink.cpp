#include <stdio/stdout_sink.hpp>

#include <async/condition.hpp>
#include <stdio/outlet.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

#include <base/log.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::stdio {

class stdout_sink::machinery {
 public:
  machinery(async::executor on, int lines, int dead_letters, bytes most_buffered)
      : most_buffered_(most_buffered),
        lines_(on, lines),
        dead_letters_(on, dead_letters),
        changed_(std::move(on)) {
    // A reader that goes shows as EPIPE.
    (void)std::signal(SIGPIPE, SIG_IGN);
  }

  event::acceptance offer(const std::string& topic, event::topic_kind kind, const event::record& what,
                          event::share& part) {
    const bool is_dead = kind == event::topic_kind::dead_letters;
    auto& to = is_dead ? dead_letters_ : lines_;
    if (is_broken_ || (to.size() > 0 && to.buffered() >= most_buffered_)) {
      somebody_waits_ = true;
      return event::acceptance::busy;
    }
    to.push({to_line(topic, what, is_dead), std::move(part), topic, steady_clock::now()});
    changed_.notify_all();
    return event::acceptance::taken;
  }

  async::awaitable<> run(async::self me) {
    while (!is_broken_) {
      for (auto* each : {&lines_, &dead_letters_}) {
        if (!co_await write_some(me, *each)) co_return;
      }
      if (std::exchange(is_probed_, false)) listener_->reachable(true, {});
      if (std::exchange(somebody_waits_, false)) listener_->room();
      // Others have their turn even while a fast file takes everything.
      co_await boost::asio::post(boost::asio::use_awaitable);
      if (outstanding() == 0 && !is_probed_) co_await me.wait("records to write", async::idle, changed_.wait());
    }
  }

  [[nodiscard]] std::size_t outstanding() const { return lines_.size() + dead_letters_.size(); }

  event::sink_listener* listener_ = nullptr;

  void probe() {
    is_probed_ = true;
    changed_.notify_all();
  }

  void close() noexcept {
    lines_.clear();
    dead_letters_.clear();
  }

 private:
  /// One go at a descriptor; false when it is of no use any more.
  async::awaitable<bool> write_some(async::self me, outlet& to) {
    std::deque<outlet::entry> written;
    const auto how = to.write(written);
    for (auto& each : written) report(std::move(each));
    switch (how) {
      case outlet::progress::all_written:
        break;
      case outlet::progress::must_wait:
        co_await me.wait("room in the output", async::idle, to.writable());
        break;
      case outlet::progress::failed: {
        is_broken_ = true;
        const bool is_closed = to.error() == std::errc::broken_pipe;
        listener_->broken(failure{verdict::permanent, is_closed ? "output_closed" : "output_failed",
                                  fmt::format("the output takes no more lines: {}", to.error().message())});
        co_return false;
      }
    }
    co_return true;
  }

  void report(outlet::entry of) {
    event::report told;
    told.is = event::report::result::delivered;
    told.part = std::move(of.part);
    told.topic = of.topic;
    told.what = of.line.record();
    told.latency = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - of.offered);
    listener_->reported(std::move(told));
  }

  bytes most_buffered_;
  outlet lines_;
  outlet dead_letters_;
  async::condition changed_;
  bool somebody_waits_ = false;
  bool is_probed_ = false;
  bool is_broken_ = false;
};

namespace {

class line_channel final : public event::channel {
 public:
  using offering = std::function<event::acceptance(const event::record&, event::share&)>;

  explicit line_channel(offering offer) : offer_(std::move(offer)) {}

  event::acceptance offer(const event::record& what, event::share& part, bool /*is_alone*/) override {
    return offer_(what, part);
  }
  [[nodiscard]] event::refusal why() const override { return {}; }
  [[nodiscard]] std::string waits_for() const override { return {}; }

 private:
  offering offer_;
};

}  // namespace

stdout_sink::stdout_sink(async::executor on, int lines, int dead_letters, bytes most_buffered)
    : works_(std::make_unique<machinery>(std::move(on), lines, dead_letters, most_buffered)) {}

stdout_sink::~stdout_sink() = default;

void stdout_sink::listen(event::sink_listener& listener) { works_->listener_ = &listener; }

std::unique_ptr<event::channel> stdout_sink::open(std::string topic, event::topic_kind kind) {
  return std::make_unique<line_channel>(
      [works = works_.get(), topic = std::move(topic), kind](const event::record& what, event::share& part) {
        return works->offer(topic, kind, what, part);
      });
}

void stdout_sink::probe() { works_->probe(); }

std::size_t stdout_sink::outstanding() const { return works_->outstanding(); }

async::awaitable<> stdout_sink::run(async::self me) { return works_->run(me); }

void stdout_sink::close() noexcept { works_->close(); }

}  // namespace weir::stdio
