#pragma once

#include <pipeline/dead_letters.hpp>
#include <pipeline/in_flight.hpp>
#include <pipeline/target.hpp>

#include <optional>
#include <string>

namespace weir::pipeline {

/// Writes dead letters, in parts where they are large. Whatever prevents that ends the run: the replay brings
/// the record again, and nothing is lost meanwhile.
class burial {
 public:
  burial(target& letters, in_flight& flying, std::string topic, std::size_t part)
      : letters_(letters), flying_(flying), topic_(std::move(topic)), part_(part) {}

  [[nodiscard]] const std::string& topic() const { return topic_; }

  /// The share is settled by the letter's own reports. The failure when it cannot be written.
  [[nodiscard]] std::optional<failure> write(const event::record& what, const event::refusal& why,
                                             const origin_of_letter& from, event::share part, steady_time now);

  /// The dead-letter topic refuses a letter. Only one that is too large gets better by smaller parts; missing
  /// rights do not.
  [[nodiscard]] failure refused(const event::record& letter, const event::refusal& why);

 private:
  target& letters_;
  in_flight& flying_;
  std::string topic_;
  std::size_t part_;
};

}  // namespace weir::pipeline
