#include <kafka/errors.hpp>
#include <kafka/machinery.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <stdexcept>

#include <base/log.hpp>

#include <boost/asio/post.hpp>

namespace weir::kafka {
namespace {

static_assert(sizeof(void*) >= sizeof(event::entry_token), "a token travels in the message's opaque pointer");

void* cookie_of(event::entry_token token) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(token));  // NOLINT: a number, never followed
}

/// The library tells null from empty by the pointer.
const char* present(std::string_view text) { return text.data() == nullptr ? "" : text.data(); }

/// The library copies what it points to.
void place(const std::optional<std::string_view>& text, rd_kafka_vu_t& part) {
  part.u.mem.ptr = text ? const_cast<char*>(present(*text)) : nullptr;  // NOLINT: only read
  part.u.mem.size = text ? text->size() : 0;
}

/// What a record adds to its batch at most: key, value, headers, and the frames of batch and record.
bytes size_in_log(const event::record& what) {
  constexpr bytes frame = 100;
  constexpr bytes frame_of_header = 2;
  bytes size = frame + (what.key ? what.key->size() : 0) + (what.value ? what.value->size() : 0);
  for (const auto& each : what.headers) size += each.name.size() + each.value.size() + frame_of_header;
  return size;
}

}  // namespace

int produce(rd_kafka_t* handle, rd_kafka_topic_t* topic, const event::record& what, void* cookie) {
  headers_ptr headers;
  if (!what.headers.empty()) {
    headers.reset(rd_kafka_headers_new(what.headers.size()));
    for (const auto& each : what.headers) {
      rd_kafka_header_add(headers.get(), present(each.name), static_cast<ssize_t>(each.name.size()),
                          present(each.value), static_cast<ssize_t>(each.value.size()));
    }
  }
  std::array<rd_kafka_vu_t, 6> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = topic;
  parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[1].u.i = RD_KAFKA_MSG_F_COPY;
  parts[2].vtype = RD_KAFKA_VTYPE_KEY;
  place(what.key, parts[2]);
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  place(what.value, parts[3]);
  parts[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[4].u.ptr = cookie;
  parts[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[5].u.headers = headers.get();
  const error_ptr error{rd_kafka_produceva(handle, parts.data(), headers ? parts.size() : parts.size() - 1)};
  if (error) return rd_kafka_error_code(error.get());
  // The message owns them now.
  (void)headers.release();  // NOLINT(bugprone-unused-return-value)
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

topic_entry& producer::machinery::open(const std::string& topic, event::topic_kind kind) {
  auto& entry = topics_.open(topic, kind);
  if (!entry.opening.is_open()) rings_.ring();
  return entry;
}

client& producer::machinery::line_for(bytes batch_size, bool carries_choices) {
  auto& found = lines_[{batch_size, carries_choices}];
  if (!found.through) {
    if (lines_.size() > 1)
      log::info("kafka: another handle for topics whose batches hold {} bytes at most{}", batch_size,
                carries_choices ? " and whose records choose their partitions" : "");
    auto conf = producer_configuration(with_, batch_size);
    // Otherwise the library never asks about a record without key.
    if (carries_choices) rd_kafka_conf_set(conf.get(), "sticky.partitioning.linger.ms", "0", nullptr, 0);
    found.through = std::make_unique<client>(client::role::producer, std::move(conf), rings_);
  }
  return *found.through;
}

bool producer::machinery::is_ready(topic_entry& topic) {
  if (!topic.opening.is_open()) return false;
  const auto batch_size = batch_size_for(std::min(topics_.limit_of(topic), default_topic_limit));
  if (topic.through != nullptr && topic.batch_size == batch_size && topic.carries_choices == topic.has_choices)
    return true;
  // Two handles must not write one topic at the same time: that would be two orders.
  if (topic.outstanding != 0) return false;
  auto& through = line_for(batch_size, topic.has_choices);
  topic_conf_ptr conf{rd_kafka_default_topic_conf_dup(through.handle())};
  rd_kafka_topic_conf_set_opaque(conf.get(), &topic);
  if (topic.has_choices) rd_kafka_topic_conf_set_partitioner_cb(conf.get(), &choose_partition);
  topic_ptr handle{rd_kafka_topic_new(through.handle(), topic.name.c_str(), conf.release())};
  if (!handle) return false;
  topic.handle = std::move(handle);
  topic.through = &through;
  topic.batch_size = batch_size;
  topic.carries_choices = topic.has_choices;
  return true;
}

event::acceptance producer::machinery::refuse(event::refusal& why, std::string code, std::string sentence) {
  ++figures_.refused;
  ++figures_.errors[code];
  why = {std::move(code), std::move(sentence)};
  return event::acceptance::refused;
}

event::acceptance producer::machinery::offer(topic_entry& to, const event::record& what, event::share& part,
                                             bool is_alone, event::refusal& why) {
  using event::acceptance;
  if (!to.problem.empty())
    return refuse(why, std::string{name_of(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)}, to.problem);
  to.has_choices = to.has_choices || what.partition_hash.has_value();
  if (end_ || is_closing_ || !is_ready(to)) {
    somebody_waits_ = true;
    ++figures_.busy;
    return acceptance::busy;
  }
  const auto size = size_in_log(what);
  const auto limit = topics_.limit_of(to);
  if (size > limit || size > largest_record) {
    // The broker counts compressed bytes, and an assumed limit proves nothing: then only its answer decides.
    const bool is_certain = (!compresses_ && !to.opening.limit_is_assumed()) || size > largest_record;
    if (is_certain) {
      return refuse(why, std::string{name_of(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)},
                    fmt::format("a record of {} bytes is larger than topic {} takes ({}, max.message.bytes)",
                                size, to.name, std::min(limit, largest_record)));
    }
    if (!is_alone) return acceptance::alone;
  }
  if (book_ == nullptr) book_ = part.book();
  if (part.book() == nullptr || part.book() != book_) {
    throw std::logic_error{"a producer serves the shares of one ledger only"};
  }
  const auto token = part.release();
  void* const cookie = to.carries_choices ? choices_.keep(token, what.partition_hash) : cookie_of(token);
  const int error = hand_over_(to.through->handle(), to.handle.get(), what, cookie);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (to.carries_choices) (void)choices_.take(cookie);
    part = event::share::resume(*book_, token);
    return not_taken(to, error, why);
  }
  departures_.take(size);
  ++to.outstanding;
  ++outstanding_;
  ++figures_.taken;
  return acceptance::taken;
}

event::acceptance producer::machinery::not_taken(topic_entry& to, int error, event::refusal& why) {
  switch (meaning_of(error)) {
    case meaning::guilty:
      return refuse(why, std::string{name_of(error)}, fmt::format("topic {}: {}", to.name, text_of(error)));
    case meaning::missing:
      topics_.reopen(to);
      break;
    case meaning::denied:
      // The library asks the brokers for the topic every now and then, and takes records again once they allow
      // it.
      to.denial = fmt::format("topic {}: {}", to.name, text_of(error));
      break;
    case meaning::none:
    case meaning::full:
    case meaning::passing:
      break;
    case meaning::useless:
      // Never silence: the run ends, and the next one has a new handle.
      end_with(failure{verdict::retry, std::string{name_of(error)},
                       fmt::format("the Kafka client does not take records any more: {}", text_of(error))});
      break;
  }
  if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) ++figures_.errors[std::string{name_of(error)}];
  somebody_waits_ = true;
  ++figures_.busy;
  return event::acceptance::busy;
}

void producer::machinery::put(const std::string& topic, std::string key, std::string value,
                              std::function<void(std::exception_ptr)> then) {
  if (is_closing_ || is_end_told_) {
    auto why = std::make_exception_ptr(
        failure{verdict::retry, "handle_closed", fmt::format("topic {}: the Kafka producer is closed", topic)});
    boost::asio::post(on_, [then = std::move(then), why = std::move(why)] { then(why); });
    return;
  }
  own_.push_back({&open(topic, event::topic_kind::state), std::move(key), std::move(value), std::move(then)});
  rings_.ring();
}

void producer::machinery::send_own() {
  for (auto& each : own_) {
    if (each.is_out || !is_ready(*each.to)) continue;
    event::record what;
    what.key = each.key;
    what.value = each.value;
    const int error = hand_over_(each.to->through->handle(), each.to->handle.get(), what, &each);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      each.is_out = true;
      departures_.take(size_in_log(what));
      ++each.to->outstanding;
      continue;
    }
    // Whatever it is, the next round tries again; a handle of no use ends for everybody.
    event::refusal ignored;
    (void)not_taken(*each.to, error, ignored);
  }
}

void producer::machinery::probe() {
  if (is_probing_ || is_closing_) return;
  is_probing_ = true;
  constexpr std::chrono::seconds patience{3};
  // Any topic will do: that it is missing or denied is an answer, too.
  const auto known = topics_.status();
  main_->describe({known.empty() ? "__consumer_offsets" : known.front().name}, patience, &is_probing_);
}

}  // namespace weir::kafka
