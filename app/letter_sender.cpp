#include "letter_sender.hpp"

#include "wiring.hpp"

#include <base/log.hpp>

#include <chrono>
#include <utility>

namespace weir::app {
namespace {

using namespace std::chrono_literals;
using event::acceptance;

/// Without any report or acceptance.
constexpr auto patience = 60s;
constexpr auto closing_bound = 10s;
constexpr auto look_again_after = 1s;

/// What the brokers certainly did not write; the topic is made again or found meanwhile.
bool was_not_there(std::string_view code) {
  return code == "UNKNOWN_TOPIC_OR_PART" || code == "_UNKNOWN_TOPIC" || code == "_UNKNOWN_PARTITION";
}

}  // namespace

struct letter_sender::life {
  life(async::executor on, async::blocking_pool& pool, const config::settings& with,
       const kafka::options& brokers, async::task_registry& tasks, event::sink_listener& listener)
      : handle(make_sink(on, pool, with, brokers, nullptr)), pump(on, tasks) {
    handle->sink().listen(listener);
    pump.spawn("sink events", [its = handle.get()](async::self me) { return its->run(me); });
  }

  event::channel& to(const std::string& topic) {
    auto& found = channels[topic];
    if (!found) found = handle->sink().open(topic, event::topic_kind::changes);
    return *found;
  }

  std::unique_ptr<sink_handle> handle;
  std::map<std::string, std::unique_ptr<event::channel>, std::less<>> channels;
  async::task_scope pump;
};

letter_sender::letter_sender(async::executor on, async::blocking_pool& pool, const config::settings& with,
                             async::task_registry& tasks)
    : on_(on), pool_(pool), with_(with), brokers_(kafka_options_of(with)), tasks_(tasks), changed_(on) {}

letter_sender::~letter_sender() = default;

async::awaitable<std::vector<letter_fate>> letter_sender::send(
    async::self me, std::vector<const pipeline::whole_letter*> letters) {
  all_.clear();
  for (const auto* each : letters) all_.push_back({each});
  last_news_ = steady_clock::now();
  if (!life_ && !all_.empty()) co_await renew(me);
  for (std::size_t n = 0; n < all_.size(); ++n) co_await offer(me, n, false);
  co_await wait_for_reports(me);
  for (std::size_t n = 0; n < all_.size(); ++n) {
    if (all_[n].is != stage::waiting) continue;
    all_[n].is_last_try = true;
    co_await offer(me, n, true);
    co_await wait_for_reports(me);
  }
  std::vector<letter_fate> fates;
  for (auto& each : all_) {
    if (each.is == stage::out) fail(each, "UNKNOWN", "no report came: it may be in the topic or not");
    if (each.is == stage::waiting) fail(each, "NOT_TRIED", "nothing could be sent any more");
    fates.push_back(std::move(each.fate));
  }
  all_.clear();
  out_ = 0;
  co_return fates;
}

async::awaitable<> letter_sender::offer(async::self me, std::size_t which, bool is_alone) {
  while (!trouble_) {
    if (is_spent_) {
      co_await wait_for_reports(me);
      if (!trouble_) co_await renew(me);
      continue;
    }
    auto& one = all_[which];
    auto& to = life_->to(one.letter->topic());
    event::share part{*this, which};
    switch (to.offer(one.letter->record(), part, is_alone)) {
      case acceptance::taken:
        one.is = stage::out;
        ++out_;
        last_news_ = steady_clock::now();
        co_return;
      case acceptance::alone:
        // When its turn comes; asked for alone it is taken.
        co_return;
      case acceptance::refused:
        fail(one, to.why().code, to.why().sentence);
        co_return;
      case acceptance::busy:
        break;
    }
    co_await wait_for_news(me);
  }
}

async::awaitable<> letter_sender::wait_for_reports(async::self me) {
  while (out_ > 0 && !trouble_) co_await wait_for_news(me);
}

async::awaitable<> letter_sender::wait_for_news(async::self me) {
  const auto now = steady_clock::now();
  if (now - last_news_ > patience) {
    trouble_ = failure{verdict::retry, "no_report",
                       fmt::format("nothing was reported for {} s{}{}", patience / 1s,
                                   unreachable_because_.empty() ? "" : ": ", unreachable_because_)};
    co_return;
  }
  co_await me.wait("reports of the sink", patience, changed_.wait_until(now + look_again_after));
}

async::awaitable<> letter_sender::renew(async::self me) {
  co_await close(me);
  is_spent_ = false;
  life_ = std::make_unique<life>(on_, pool_, with_, brokers_, tasks_, *this);
}

async::awaitable<> letter_sender::close(async::self me) {
  if (!life_) co_return;
  life_->pump.cancel();
  co_await life_->pump.join(closing_bound);
  try {
    co_await life_->handle->close(me, steady_clock::now() + closing_bound);
  } catch (const std::exception& why) {
    log::warn("{}", why.what());
  }
  life_.reset();
}

void letter_sender::fail(sending& one, std::string_view code, std::string_view sentence) {
  one.is = stage::failed;
  one.fate = {false, std::string{code}, std::string{sentence}};
}

void letter_sender::reported(event::report&& of) {
  using result = event::report::result;
  const auto which = of.part.release();
  if (which >= all_.size() || all_[which].is != stage::out) return;
  auto& one = all_[which];
  --out_;
  last_news_ = steady_clock::now();
  const bool is_once_more = !one.is_last_try && (of.is == result::refused || was_not_there(of.code));
  is_spent_ = is_spent_ || of.is != result::delivered;
  if (of.is == result::delivered) {
    one.is = stage::sent;
    one.fate.is_sent = true;
  } else if (is_once_more) {
    one.is = stage::waiting;
  } else {
    fail(one, of.code, of.sentence);
  }
  changed_.notify_all();
}

void letter_sender::room() { changed_.notify_all(); }

void letter_sender::reachable(bool is, std::string_view why) { unreachable_because_ = is ? "" : why; }

void letter_sender::broken(const failure& why) {
  trouble_ = why;
  changed_.notify_all();
}

}  // namespace weir::app
