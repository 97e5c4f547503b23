#include <kafka/state_loading.hpp>

#include <kafka/configuration.hpp>
#include <kafka/conversation.hpp>
#include <kafka/errors.hpp>
#include <kafka/message.hpp>
#include <kafka/state_reader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include <base/log.hpp>

namespace weir::kafka {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 5s;
/// Positions are written once a second at most, so the newest of a live key is near the end.
constexpr std::int64_t last_records = 1000;

failure no_answer(const conversation& talk, const std::string& topic, std::string_view doing) {
  return failure{verdict::retry, talk.is_hopeless() ? "authentication" : "state_unreachable",
                 fmt::format("topic {}: {}: no answer from the brokers in time{}{}", topic, doing,
                             talk.trouble().empty() ? "" : ", last error ", talk.trouble())};
}

/// The topic as it stands: there, or made just now.
enum class presence { there, made };

/// Asks for the topic until it is there.
async::awaitable<presence> ensure_topic(async::self me, conversation& talk, const options& with,
                                        std::string topic, steady_time until) {
  topic_opening opening{topic, event::topic_kind::state, with.may_create_topics};
  while (!opening.is_open()) {
    const auto now = steady_clock::now();
    switch (opening.next(now)) {
      case topic_opening::question::describe:
        talk.with().describe({topic}, patience, nullptr);
        break;
      case topic_opening::question::create:
        log::info("topic {} does not exist: making it", topic);
        talk.with().create({topic_to_make(topic, event::topic_kind::state, opening.wants_plain(),
                                          with.partitions, with.replication)},
                           patience, nullptr);
        break;
      case topic_opening::question::none:
        break;
    }
    const auto event =
        co_await talk.next(me, "an answer about the state topic", std::min(until, opening.due()));
    if (!event) {
      if (steady_clock::now() < until && !talk.is_hopeless()) continue;
      if (talk.trouble().empty() && !opening.waits_for().empty()) {
        throw failure{verdict::retry, "state_unreachable", opening.waits_for()};
      }
      throw no_answer(talk, topic, "asking for it");
    }
    const auto answers = answers_of(event);
    const topic_answer silence{rd_kafka_event_error(event.get()), {}, 0, false, talk.with().knows_cluster()};
    const auto& answer = answers.empty() ? silence : answers.front().second;
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_CREATETOPICS_RESULT) {
      if (answer.code == RD_KAFKA_RESP_ERR_NO_ERROR) co_return presence::made;
      opening.created(answer.code, answer.text, steady_clock::now());
      // Whoever waits for the position says why; the next attempt asks again.
      if (answer.code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS && !opening.is_open()) {
        throw failure{verdict::retry, "state_topic_refused", opening.waits_for()};
      }
    } else {
      if (answer.code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && !with.may_create_topics) {
        throw failure{
            verdict::permanent, "state_topic_missing",
            fmt::format("topic {} does not exist and WEIR_CREATE is off: create it with one partition and "
                        "cleanup.policy=compact, or set WEIR_STATE",
                        topic)};
      }
      opening.described(answer, steady_clock::now());
    }
  }
  if (!opening.is_compacted() && !opening.limit_is_assumed()) {
    log::warn(
        "topic {} is not compacted: positions in it expire, and with them the proof that nothing was skipped",
        topic);
  }
  co_return presence::there;
}

/// Feeds every record up to the partition's end.
async::awaitable<> read_to_end(async::self me, conversation& talk, state_reader& into, std::string topic,
                               steady_time until) {
  for (;;) {
    const auto event = co_await talk.next(me, "the records of the state topic", until);
    if (!event) throw no_answer(talk, topic, "reading it");
    if (rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR__PARTITION_EOF) co_return;
    if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_FETCH) continue;
    while (const auto* message = rd_kafka_event_message_next(event.get())) {
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) co_return;
      // Leaders move and topics spread: the library asks again, and the deadline counts.
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      into.take(text_at(message->key, message->key_len), text_at(message->payload, message->len),
                message->offset);
    }
  }
}

/// The end of the topic first, all of it when not both keys are there: a snapshot's record is an old one.
async::awaitable<event::stored_state> find_state(async::self me, conversation& talk, rd_kafka_topic_t* reading,
                                                 std::string topic, std::string key, steady_time until) {
  state_reader tail{key};
  rd_kafka_consume_start_queue(reading, 0, RD_KAFKA_OFFSET_TAIL(last_records), talk.with().queue());
  co_await read_to_end(me, talk, tail, topic, until);
  if (tail.has_seen_keys()) co_return tail.state();
  state_reader all{key};
  // Time-out 0: the library seeks by itself, and lets nothing of the first reading through.
  rd_kafka_seek(reading, 0, RD_KAFKA_OFFSET_BEGINNING, 0);
  co_await read_to_end(me, talk, all, topic, until);
  co_return all.state();
}

}  // namespace

async::awaitable<event::stored_state> load_state(async::self me, async::executor on, async::blocking_pool& pool,
                                                 options with, std::string topic, std::string key,
                                                 steady_time until) {
  if (auto problem = name_problem(topic); !problem.empty())
    throw failure{verdict::permanent, "configuration", problem};
  conversation talk{on, reader_configuration(with)};
  topic_ptr reading;
  event::stored_state found;
  std::exception_ptr failed;
  try {
    if (co_await ensure_topic(me, talk, with, topic, until) == presence::there) {
      reading.reset(rd_kafka_topic_new(talk.with().handle(), topic.c_str(), nullptr));
      if (co_await talk.learn_leader(me, pool, reading.get()) == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
        throw failure{
            verdict::retry, "authorization",
            fmt::format("topic {}: the brokers do not allow it (TOPIC_AUTHORIZATION_FAILED): grant Read, "
                        "Write and Describe on it",
                        topic)};
      }
      found = co_await find_state(me, talk, reading.get(), topic, key, until);
    }
  } catch (...) {
    failed = std::current_exception();
  }
  co_await talk.end(me, pool, std::move(reading));
  if (failed) std::rethrow_exception(failed);
  co_return found;
}

}  // namespace weir::kafka
