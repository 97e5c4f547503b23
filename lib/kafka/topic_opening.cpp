#include <kafka/topic_opening.hpp>

#include <kafka/errors.hpp>

#include <fmt/format.h>

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>

namespace weir::kafka {
namespace {

using namespace std::chrono_literals;

constexpr auto first_pause = 100ms;
constexpr auto longest_pause = 5s;
/// An operator may change a topic's limit while we run.
constexpr auto ask_again = 5min;
/// A cluster without a controller takes records but answers no question of ours.
constexpr int enough_silences = 2;

/// Not allowed to know, or asked of something that cannot tell.
bool is_denied(int code) {
  return code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE || code == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION ||
         code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

}  // namespace

std::string name_problem(std::string_view topic) {
  constexpr std::size_t longest = 249;
  if (topic.empty()) return "a topic name is empty";
  if (topic.size() > longest) {
    return fmt::format("topic name {}... has {} characters, Kafka takes {}", topic.substr(0, 40), topic.size(),
                       longest);
  }
  if (topic == "." || topic == "..") return fmt::format("a topic cannot be named \"{}\"", topic);
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (std::all_of(topic.begin(), topic.end(), fits)) return {};
  return fmt::format("topic name \"{}\" holds characters other than letters, digits, '.', '_' and '-'", topic);
}

topic_opening::topic_opening(std::string name, event::topic_kind kind, bool may_create)
    : name_(std::move(name)),
      kind_(kind),
      may_create_(may_create),
      waits_for_(fmt::format("topic {}: asking the brokers for it", name_)),
      pause_(first_pause, longest_pause) {}

topic_opening::question topic_opening::next(steady_time now) {
  if (is_owed_ || now < due_) return question::none;
  is_owed_ = true;
  return next_;
}

void topic_opening::described(const topic_answer& answer, steady_time now) {
  is_owed_ = false;
  next_ = question::describe;
  silences_ = answer.code == RD_KAFKA_RESP_ERR__TIMED_OUT && answer.is_cluster_known ? silences_ + 1 : 0;
  if (silences_ == enough_silences && !is_open_) return open(default_topic_limit, true, now);
  if (answer.code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    is_compacted_ = answer.is_compacted;
    return open(answer.limit, false, now);
  }
  if (answer.code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    if (!may_create_)
      return wait(fmt::format("topic {} does not exist and WEIR_CREATE is off: create it", name_), now);
    next_ = question::create;
    waits_for_ = fmt::format("topic {} is being made", name_);
    is_open_ = false;
    due_ = now;
    return;
  }
  if (is_denied(answer.code)) {
    // Whether it exists is not told either; being told that it exists already is an answer to a wish to make
    // it.
    is_describing_denied_ = true;
    if (is_open_ || !may_create_) return open(default_topic_limit, true, now);
    next_ = question::create;
    due_ = now;
    return;
  }
  // What is open stays open: no answer is no news.
  if (is_open_) {
    due_ = now + pause_.next();
    return;
  }
  wait(fmt::format("topic {}: no answer from the brokers ({})", name_,
                   answer.text.empty() ? text_of(answer.code) : answer.text),
       now);
}

void topic_opening::created(int code, std::string_view text, steady_time now) {
  is_owed_ = false;
  next_ = question::describe;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    if (is_describing_denied_) return open(default_topic_limit, true, now);
    // Not every broker knows a new topic at once.
    due_ = code == RD_KAFKA_RESP_ERR_NO_ERROR ? now : now + pause_.next();
    return;
  }
  if (is_denied(code) && is_describing_denied_) return open(default_topic_limit, true, now);
  const bool has_wishes = kind_ == event::topic_kind::dead_letters && !wants_plain_;
  if (has_wishes && (code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION || code == RD_KAFKA_RESP_ERR_INVALID_CONFIG)) {
    wants_plain_ = true;
    due_ = now;
    return;
  }
  wait(fmt::format("topic {} does not exist and the brokers refuse to make it ({}: {}): create it, or allow it",
                   name_, name_of(code), text.empty() ? text_of(code) : text),
       now);
}

void topic_opening::reopen() {
  if (!is_open_) return;
  is_open_ = false;
  waits_for_ = fmt::format("topic {} has gone: asking for it again", name_);
  next_ = question::describe;
  due_ = steady_time::min();
}

void topic_opening::assume(steady_time now) { open(default_topic_limit, true, now); }

void topic_opening::open(bytes limit, bool is_assumed, steady_time now) {
  is_open_ = true;
  limit_ = limit;
  limit_is_assumed_ = is_assumed;
  waits_for_.clear();
  pause_.reset();
  due_ = now + ask_again;
}

void topic_opening::wait(std::string why, steady_time now) {
  is_open_ = false;
  waits_for_ = std::move(why);
  due_ = now + pause_.next();
}

}  // namespace weir::kafka
