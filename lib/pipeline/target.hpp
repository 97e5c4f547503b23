#pragma once

#include <event/sink.hpp>
#include <pipeline/breaker.hpp>
#include <pipeline/lane.hpp>
#include <pipeline/options.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace weir::pipeline {

/// One place that records go to: its lanes by topic, its breaker, its policy. What is wrong with it never stops
/// another target. The dead-letter topic is a target, too.
class target {
 public:
  struct times {
    steady_clock::duration lane_idle{};
    steady_clock::duration stall_after{};
    std::chrono::milliseconds probe_min{};
    std::chrono::milliseconds probe_max{};
  };

  target(target_options options, event::topic_kind kind, const times& with, refusals& refused);
  target(target&&) = delete;

  /// Lanes open over `to` from now on.
  void begin_run(event::sink& to, bool is_new_handle, steady_time now);
  /// Every lane goes; searches for guilty records go on in the next run.
  void drop_run();

  /// Made at first use; throws what the sink throws. Stays until `retire_idle` takes it.
  lane& lane_of(const std::string& topic);
  /// Null when there is none (any more).
  lane* lane_named(std::string_view topic);
  /// Offers what waits, as far as it goes.
  void flush();
  /// What an operator may have mended is offered again.
  void retry_halted();
  /// Lanes whose topic takes nothing from us now ask again, at growing intervals. Several times a second.
  void ask_denied(steady_time now);
  /// The next run sends this topic's records one at a time, up to `until`.
  void isolate_next_run(const std::string& topic, const event::position& until);

  /// As lane::rows_are_read, for every lane.
  void rows_are_read();

  /// A record was delivered. True when that closed the breaker.
  bool delivered(steady_time now);
  void reachable(bool is, std::string_view why, steady_time now);
  /// True when the sink is to be asked whether it answers. Several times a second.
  [[nodiscard]] bool tick(steady_time now);
  /// Takes lanes that are empty and unused, but for those that `is_needed` names or a search needs. How many
  /// went.
  std::size_t retire_idle(steady_time now, lsn confirmed, const std::function<bool(const lane&)>& is_needed);

  /// Numbers the records of one change in this target: 0, 1, ... for as long as `change` stays the same.
  std::uint32_t next_part(std::uint64_t change) {
    if (part_of_ != change) {
      part_of_ = change;
      next_part_ = 0;
    }
    return next_part_++;
  }

  [[nodiscard]] const target_options& options() const { return options_; }
  [[nodiscard]] const breaker& gate() const { return breaker_; }
  using lanes_by_topic = std::map<std::string, lane, std::less<>>;
  [[nodiscard]] const lanes_by_topic& lanes() const { return lanes_; }
  /// Whether the topic of a lane takes nothing from us now.
  [[nodiscard]] bool is_denied() const;
  /// Why a lane waits for the operator; empty: none does.
  [[nodiscard]] std::string halted_because() const;
  /// The lane whose topic takes nothing from us now, or that has held something for `patience` while nothing of
  /// it moved, for people; empty: none. Other lanes may be well meanwhile.
  [[nodiscard]] std::string stuck(steady_time now, steady_clock::duration patience) const;
  [[nodiscard]] steady_time last_delivery() const { return last_delivery_; }

  void count_error(const std::string& code) { ++errors_[code]; }
  /// Reports and refusals by the sink's code, or by ours.
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& errors() const { return errors_; }

 private:
  target_options options_;
  event::topic_kind kind_;
  steady_clock::duration lane_idle_;
  refusals& refused_;
  breaker breaker_;
  event::sink* sink_ = nullptr;
  lanes_by_topic lanes_;
  lane* last_named_ = nullptr;  ///< reports come in batches of one topic
  std::map<std::string, event::position, std::less<>> isolated_;
  std::map<std::string, std::uint64_t, std::less<>> errors_;
  steady_time last_delivery_{};
  backoff denial_pauses_;
  std::optional<steady_time> asks_denied_at_;  ///< none: no lane is denied
  std::uint64_t part_of_ = 0;
  std::uint32_t next_part_ = 0;
};

}  // namespace weir::pipeline
