#include <kafka/errors.hpp>
#include <kafka/judgement.hpp>
#include <kafka/machinery.hpp>
#include <kafka/message.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include <base/log.hpp>

namespace weir::kafka {
namespace {

report_verdict verdict_of(const rd_kafka_message_t& about) {
  return judge(about.err, rd_kafka_message_status(&about) == RD_KAFKA_MSG_STATUS_PERSISTED, about.offset);
}

}  // namespace

bool producer::machinery::drain(std::size_t most) {
  bool has_more = false;
  // A listener may open a topic while it is told, and a topic may need a line of its own: a map stays valid.
  for (auto& [size, each] : lines_) {
    std::size_t served = 0;
    for (; served < most; ++served) {
      const auto event = each.through->poll();
      if (!event) break;
      serve(each, event);
    }
    has_more = has_more || served == most;
  }
  return has_more;
}

void producer::machinery::serve(line& of, const event_ptr& event) {
  switch (rd_kafka_event_type(event.get())) {
    case RD_KAFKA_EVENT_DR:
      report_all(event.get());
      has_changed_ = true;
      break;
    case RD_KAFKA_EVENT_ERROR:
      notice_error(*of.through, event);
      break;
    case RD_KAFKA_EVENT_LOG:
      of.through->write_log(event);
      break;
    case RD_KAFKA_EVENT_STATS:
      take_statistics(of, rd_kafka_event_stats(event.get()));
      break;
    case RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT:
    case RD_KAFKA_EVENT_CREATETOPICS_RESULT: {
      const auto failed = rd_kafka_event_error(event.get());
      if (rd_kafka_event_opaque(event.get()) == &is_probing_) {
        is_probing_ = false;
        set_reachable(failed == RD_KAFKA_RESP_ERR_NO_ERROR,
                      failed == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : text_of(failed));
        if (listener_ != nullptr && !is_closing_) listener_->reachable(failed == 0, unreachable_because_);
      } else {
        if (failed == RD_KAFKA_RESP_ERR_NO_ERROR && !unreachable_because_.empty()) set_reachable(true, {});
        has_changed_ = topics_.answered(*main_, event, steady_clock::now()) || has_changed_;
      }
      break;
    }
    default:
      break;  // an int, not an enum: events that were not asked for
  }
}

void producer::machinery::report_all(rd_kafka_event_t* event) {
  // The library reads the clock for each latency it tells, which costs more than all the rest of a report;
  // neighbours were offered together and answered together.
  constexpr unsigned measured_of = 32;
  unsigned count = 0;
  while (const auto* message = rd_kafka_event_message_next(event)) {
    if (count++ % measured_of == 0) {
      latency_ = std::chrono::microseconds{std::max<std::int64_t>(0, rd_kafka_message_latency(message))};
    }
    report(*message);
  }
}

void producer::machinery::report(const rd_kafka_message_t& about) {
  auto& to = *static_cast<topic_entry*>(rd_kafka_topic_opaque(about.rkt));
  --to.outstanding;
  departures_.answer();
  if (to.kind == event::topic_kind::state) {
    report_own(about);
  } else {
    report_record(to, about);
  }
}

void producer::machinery::report_record(topic_entry& to, const rd_kafka_message_t& about) {
  using result = event::report::result;
  --outstanding_;
  event::report what;
  const auto chosen = to.carries_choices
                          ? choices_.take(about._private)
                          : partition_choices::choice{reinterpret_cast<std::uintptr_t>(about._private),
                                                      {}};  // NOLINT: the token
  what.part = event::share::resume(*book_, chosen.token);
  what.what.partition_hash = chosen.hash;
  // Closing: the share is dropped here, which abandons its entry.
  if (is_closing_) return;
  const auto judged = verdict_of(about);
  what.is = judged.is;
  what.topic = to.name;
  what.what.key = text_at(about.key, about.key_len);
  what.what.value = text_at(about.payload, about.len);
  what.latency = latency_;
  std::vector<event::header> headers;
  if (judged.is == result::delivered) {
    ++figures_.delivered;
    if (!to.denial.empty()) to.denial.clear();
    if (!unreachable_because_.empty()) set_reachable(true, {});
  } else {
    headers = headers_of(about);
    what.what.headers = headers;
    what.code = judged.code;
    what.sentence = judged.sentence;
    ++(judged.is == result::lost ? figures_.lost : figures_.refused);
    ++figures_.errors[std::string{judged.code}];
    if (about.err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) topics_.learn(to, about.len + about.key_len);
    if (meaning_of(about.err) == meaning::missing) topics_.reopen(to);
  }
  if (listener_ != nullptr) listener_->reported(std::move(what));
}

void producer::machinery::report_own(const rd_kafka_message_t& about) {
  const auto found =
      std::find_if(own_.begin(), own_.end(), [&](const auto& each) { return &each == about._private; });
  if (found == own_.end()) return;
  auto& to = *found->to;
  const auto then = std::move(found->then);
  own_.erase(found);
  const auto judged = verdict_of(about);
  if (judged.is == event::report::result::delivered) {
    if (!unreachable_because_.empty()) set_reachable(true, {});
    return then(nullptr);
  }
  ++figures_.errors[std::string{judged.code}];
  if (meaning_of(about.err) == meaning::missing) topics_.reopen(to);
  then(std::make_exception_ptr(
      failure{verdict::retry, std::string{judged.code},
              fmt::format("topic {} does not take the position: {}", to.name, judged.sentence)}));
}

void producer::machinery::fail_own(const std::string& sentence) {
  auto all = std::move(own_);
  own_.clear();
  for (auto& each : all) each.then(std::make_exception_ptr(failure{verdict::retry, "handle_closed", sentence}));
}

void producer::machinery::notice_error(const client& of, const event_ptr& event) {
  const auto code = rd_kafka_event_error(event.get());
  const char* said = rd_kafka_event_error_string(event.get());
  const std::string_view text = said == nullptr ? text_of(code) : std::string_view{said};
  if (code == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(event.get()) != 0) {
    std::array<char, 512> why{};
    const auto real = rd_kafka_fatal_error(of.handle(), why.data(), why.size());
    return end_with(
        failure{verdict::retry, std::string{name_of(real)},
                fmt::format("the Kafka producer cannot go on ({}): {}", name_of(real), why.data())});
  }
  switch (code) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__SSL:
      set_reachable(false, text);
      break;
    // One broker of several, or a name that does not resolve: the library goes on trying, and its log tells
    // more.
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
      break;
    default:
      log::warn("kafka {}: {}", name_of(code), text);
      break;
  }
}

void producer::machinery::take_statistics(line& of, const char* document) {
  auto read = read_statistics(document == nullptr ? "" : document);
  if (!read) return;
  of.statistics = std::move(*read);
  figures_.queued_records = figures_.queued_bytes = figures_.sent_bytes = figures_.received_bytes = 0;
  figures_.brokers.clear();
  for (const auto& [size, each] : lines_) {
    figures_.queued_records += each.statistics.queued_records;
    figures_.queued_bytes += each.statistics.queued_bytes;
    figures_.sent_bytes += each.statistics.sent_bytes;
    figures_.received_bytes += each.statistics.received_bytes;
    const auto& brokers = each.statistics.brokers;
    figures_.brokers.insert(figures_.brokers.end(), brokers.begin(), brokers.end());
  }
}

void producer::machinery::set_reachable(bool is, std::string_view why) {
  const bool was = unreachable_because_.empty();
  unreachable_because_ = is ? "" : (why.empty() ? "no broker answers" : why);
  if (is == was) return;
  if (is) {
    log::info("kafka: the brokers answer again");
  } else {
    log::warn("kafka: {}", unreachable_because_);
  }
  if (listener_ != nullptr && !is_closing_) listener_->reachable(is, unreachable_because_);
}

void producer::machinery::end_with(const failure& why) {
  if (end_) return;
  end_ = why;
  rings_.ring();
}

void producer::machinery::after_drain(steady_time now) {
  departures_.answers_came();
  if (end_ && !is_end_told_) {
    is_end_told_ = true;
    log::warn("{}", end_->what());
    fail_own(end_->what());
    if (listener_ != nullptr) listener_->broken(*end_);
    return;
  }
  topics_.ask(*main_, now);
  if (!own_.empty()) send_own();
  // Not everything that an offer waits for is seen here, so it is also asked for again every second.
  constexpr std::chrono::seconds longest_silence{1};
  if (somebody_waits_ && listener_ != nullptr && (has_changed_ || now - last_room_ >= longest_silence)) {
    somebody_waits_ = false;
    last_room_ = now;
    listener_->room();
  }
  has_changed_ = false;
}

}  // namespace weir::kafka
