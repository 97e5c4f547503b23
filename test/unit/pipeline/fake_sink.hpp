#pragma once

#include <event/sink.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::pipeline::test {

/// A record that a fake sink took, with the share that it owes a report for.
struct taken_record {
  std::string topic;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
  bool is_alone = false;
  event::settlement* book = nullptr;
  event::entry_token token = 0;
  bool is_reported = false;
  bool is_delivered = false;

  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const auto& [its, text] : headers) {
      if (its == name) return text;
    }
    return {};
  }
};

/// A sink that answers offers as its script says, keeps what it takes, and reports when the test says.
class fake_sink final : public event::sink {
 public:
  using script =
      std::function<event::acceptance(const std::string& topic, const event::record& what, bool is_alone)>;

  /// Taken, when the script is empty.
  script answer;
  event::refusal why{"MSG_SIZE_TOO_LARGE", "1200000 bytes are more than the topic takes"};
  /// Called by `open`; may throw.
  std::function<void(const std::string& topic)> on_open;
  std::deque<taken_record> taken;
  std::size_t open_channels = 0;
  int probes = 0;

  void listen(event::sink_listener& listener) override { listener_ = &listener; }
  std::unique_ptr<event::channel> open(std::string topic, event::topic_kind /*kind*/) override {
    if (on_open) on_open(topic);
    return std::make_unique<way>(*this, std::move(topic));
  }
  void probe() override { ++probes; }
  [[nodiscard]] std::size_t outstanding() const override {
    std::size_t out = 0;
    for (const auto& each : taken) out += each.is_reported ? 0 : 1;
    return out;
  }

  [[nodiscard]] event::sink_listener& listener() { return *listener_; }

  void report(std::size_t which, event::report::result is = event::report::result::delivered,
              std::string_view code = "INVALID_RECORD") {
    auto& of = taken.at(which);
    of.is_reported = true;
    of.is_delivered = is == event::report::result::delivered;
    tell(of, is, code, event::share::resume(*of.book, of.token));
  }
  /// The library says again what it has said: there is no share any more.
  void report_again(std::size_t which) { tell(taken.at(which), event::report::result::delivered, {}, {}); }
  /// Reports everything as delivered, what is offered meanwhile included. Returns how many.
  std::size_t deliver_all() {
    std::size_t count = 0;
    for (; next_ < taken.size(); ++next_) {
      if (taken[next_].is_reported) continue;
      report(next_);
      ++count;
    }
    return count;
  }

  /// The handle goes: what is out is abandoned and never reported.
  void purge() {
    for (auto& each : taken) {
      if (!std::exchange(each.is_reported, true)) {
        const auto gone = event::share::resume(*each.book, each.token);
      }
    }
  }

  /// Values that were delivered to `topic`, in the order in which they were offered.
  [[nodiscard]] std::vector<std::string> delivered_to(std::string_view topic) const {
    std::vector<std::string> values;
    for (const auto& each : taken) {
      if (each.topic == topic && each.is_delivered) values.push_back(each.value.value_or("(none)"));
    }
    return values;
  }

 private:
  class way final : public event::channel {
   public:
    way(fake_sink& in, std::string topic) : in_(in), topic_(std::move(topic)) { ++in_.open_channels; }
    ~way() override { --in_.open_channels; }
    event::acceptance offer(const event::record& what, event::share& part, bool is_alone) override {
      const auto answered = in_.answer ? in_.answer(topic_, what, is_alone) : event::acceptance::taken;
      if (answered == event::acceptance::taken) in_.take(topic_, what, part, is_alone);
      return answered;
    }
    [[nodiscard]] event::refusal why() const override { return in_.why; }
    [[nodiscard]] std::string waits_for() const override { return {}; }

   private:
    fake_sink& in_;
    std::string topic_;
  };

  void take(const std::string& topic, const event::record& what, event::share& part, bool is_alone) {
    taken_record mine;
    mine.topic = topic;
    if (what.key) mine.key = std::string{*what.key};
    if (what.value) mine.value = std::string{*what.value};
    for (const auto& each : what.headers) mine.headers.emplace_back(each.name, each.value);
    mine.is_alone = is_alone;
    mine.book = part.book();
    mine.token = part.release();
    taken.push_back(std::move(mine));
  }

  void tell(const taken_record& of, event::report::result is, std::string_view code, event::share part) {
    std::vector<event::header> headers;
    for (const auto& [name, text] : of.headers) headers.push_back({name, text});
    event::report told;
    told.is = is;
    told.part = std::move(part);
    told.topic = of.topic;
    told.what = {of.key, of.value, headers};
    if (is != event::report::result::delivered) {
      told.code = code;
      told.sentence = "the broker says no";
    }
    told.latency = std::chrono::milliseconds{2};
    listener_->reported(std::move(told));
  }

  event::sink_listener* listener_ = nullptr;
  std::size_t next_ = 0;
};

}  // namespace weir::pipeline::test
