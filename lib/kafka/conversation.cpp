#include <kafka/conversation.hpp>

#include <async/deadline.hpp>
#include <kafka/errors.hpp>

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>

#include <base/log.hpp>

#include <boost/asio/this_coro.hpp>

namespace weir::kafka {
namespace {

constexpr std::chrono::seconds patience_at_the_end{2};

topic_extent extent_of(rd_kafka_t* handle, rd_kafka_topic_t* topic, int patience_ms) {
  const rd_kafka_metadata_t* found = nullptr;
  topic_extent made;
  made.error = rd_kafka_metadata(handle, 0, topic, &found, patience_ms);
  const metadata_ptr owner{found};
  if (made.error != RD_KAFKA_RESP_ERR_NO_ERROR) return made;
  const auto& about = found->topics[0];
  made.error = about.err;
  for (int n = 0; n < about.partition_cnt && made.error == RD_KAFKA_RESP_ERR_NO_ERROR; ++n) {
    auto& each = made.partitions.emplace_back();
    each.partition = about.partitions[n].id;
    made.error = rd_kafka_query_watermark_offsets(handle, about.topic, each.partition, &each.low, &each.high,
                                                  patience_ms);
  }
  return made;
}

}  // namespace

conversation::conversation(async::executor on, conf_ptr conf)
    : rings_(std::move(on)), client_(client::role::reader, std::move(conf), rings_) {}

async::awaitable<event_ptr> conversation::next(async::self me, const char* what_for, steady_time until) {
  for (;;) {
    rings_.clear();
    if (auto event = poll()) co_return event;
    if (is_hopeless_ || steady_clock::now() >= until) co_return nullptr;
    co_await me.wait(what_for, until - steady_clock::now(), rings_.wait(until));
  }
}

event_ptr conversation::poll() {
  while (auto event = client_.poll()) {
    switch (rd_kafka_event_type(event.get())) {
      case RD_KAFKA_EVENT_LOG:
        client_.write_log(event);
        break;
      case RD_KAFKA_EVENT_ERROR:
        if (rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR__PARTITION_EOF) return event;
        notice(event);
        break;
      default:
        return event;  // an int, not an enum
    }
  }
  return nullptr;
}

void conversation::notice(const event_ptr& error) {
  const auto code = rd_kafka_event_error(error.get());
  const char* text = rd_kafka_event_error_string(error.get());
  const bool says_why = code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL ||
                        code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
  is_hopeless_ = is_hopeless_ || says_why;
  // That all brokers are down follows from what was said before.
  if (!trouble_.empty() && !says_why && code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  trouble_ = fmt::format("{}: {}", name_of(code), text == nullptr ? text_of(code) : std::string_view{text});
}

async::awaitable<int> conversation::learn_leader(async::self me, async::blocking_pool& pool,
                                                 rd_kafka_topic_t* topic) {
  constexpr int patience_ms = 1000;
  co_return co_await pool.run(me, "rd_kafka_metadata", [use = use_, handle = client_.handle(), topic]() -> int {
    const std::lock_guard working{use->at_work};
    if (use->is_gone) return RD_KAFKA_RESP_ERR_NO_ERROR;
    const rd_kafka_metadata_t* found = nullptr;
    (void)rd_kafka_metadata(handle, 0, topic, &found, patience_ms);
    const metadata_ptr owner{found};
    return found != nullptr && found->topic_cnt == 1 ? found->topics[0].err : RD_KAFKA_RESP_ERR_NO_ERROR;
  });
}

async::awaitable<topic_extent> conversation::learn_extent(async::self me, async::blocking_pool& pool,
                                                          rd_kafka_topic_t* topic,
                                                          std::chrono::milliseconds patience) {
  auto ask = [use = use_, handle = client_.handle(), topic, ms = static_cast<int>(patience.count())] {
    const std::lock_guard working{use->at_work};
    return use->is_gone ? topic_extent{RD_KAFKA_RESP_ERR__DESTROY, {}} : extent_of(handle, topic, ms);
  };
  co_return co_await pool.run(me, "rd_kafka_query_watermark_offsets", std::move(ask));
}

async::awaitable<> conversation::end(async::self me, async::blocking_pool& pool, topic_ptr topic) {
  co_await boost::asio::this_coro::reset_cancellation_state();
  // The topic goes before its handle.
  auto both = std::make_shared<std::pair<handle_ptr, topic_ptr>>(client_.retire(), std::move(topic));
  const auto destroy = [use = use_, both] {
    {
      const std::lock_guard waiting_for_the_last_call{use->at_work};
      use->is_gone = true;
    }
    both->second.reset();
    both->first.reset();
  };
  try {
    co_await async::with_deadline(pool.run(me, "rd_kafka_destroy", destroy),
                                  steady_clock::now() + patience_at_the_end,
                                  "the threads of librdkafka to end");
  } catch (const async::deadline_exceeded&) {
    // Its call goes on in the pool, where /tasks shows it.
    log::warn("kafka: a handle takes long to end");
  }
}

}  // namespace weir::kafka
