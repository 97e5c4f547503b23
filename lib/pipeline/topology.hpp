#pragma once

#include <pipeline/counts.hpp>
#include <pipeline/options.hpp>
#include <pipeline/target.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::pipeline {

/// What one listener did so far.
struct listener {
  listener_options options;
  by_operation taken;
  by_operation filtered;
  by_operation undecided;         ///< the filter gave no answer
  std::string last_filter_error;  ///< sentence, for people
  wall_time last_taken{};         ///< commit time of the newest change that it took
  steady_time last_acted{};       ///< when it took one last; zero: never
};

/// The way from one listener to one target. Its number travels in the tag of every share.
struct outlet {
  std::uint16_t number = 0;
  std::uint32_t rank = 0;  ///< among the outlets of its target
  listener* from = nullptr;
  target* to = nullptr;
  std::uint64_t delivered = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t dropped = 0;
};

/// What the settings ask for, built once: listeners, targets and the ways between them. Addresses stay.
class topology {
 public:
  /// Outlets whose number has this bit carry dead letters.
  static constexpr std::uint16_t letter = std::uint16_t{1} << (event::bits_of_tag - 1);

  topology(const flow_options& from, const target::times& with, refusals& refused);

  [[nodiscard]] std::vector<std::unique_ptr<listener>>& listeners() { return listeners_; }
  [[nodiscard]] const std::vector<std::unique_ptr<listener>>& listeners() const { return listeners_; }
  [[nodiscard]] std::vector<std::unique_ptr<target>>& targets() { return targets_; }
  [[nodiscard]] const std::vector<std::unique_ptr<target>>& targets() const { return targets_; }
  [[nodiscard]] target& letters() { return *letters_; }
  [[nodiscard]] const target& letters() const { return *letters_; }
  [[nodiscard]] std::vector<outlet>& outlets() { return outlets_; }
  [[nodiscard]] const std::vector<outlet>& outlets() const { return outlets_; }
  /// Of a listener, in the order of its targets.
  [[nodiscard]] std::span<outlet> outlets_of(std::size_t listener);

  /// Weir's own topics: no change may land in them.
  [[nodiscard]] bool is_reserved(std::string_view topic) const;
  [[nodiscard]] static std::string reserved_because(std::string_view topic);

  [[nodiscard]] static bool is_letter(std::uint16_t tag) { return (tag & letter) != 0; }
  [[nodiscard]] outlet& outlet_of(std::uint16_t tag) { return outlets_[tag & ~unsigned{letter}]; }
  /// Where a share's record went: its outlet's target, or the dead-letter topic.
  [[nodiscard]] target& target_of(std::uint16_t tag) { return is_letter(tag) ? *letters_ : *outlet_of(tag).to; }

  /// Every target, the dead-letter topic included.
  template <class Do>
  void each_target(Do does) {
    for (auto& each : targets_) does(*each);
    does(*letters_);
  }

 private:
  std::vector<std::unique_ptr<listener>> listeners_;
  std::vector<std::unique_ptr<target>> targets_;
  std::unique_ptr<target> letters_;
  std::vector<outlet> outlets_;
  std::vector<std::string> reserved_;
  std::vector<std::size_t> first_;  ///< outlet of each listener; one more at the end
};

}  // namespace weir::pipeline
