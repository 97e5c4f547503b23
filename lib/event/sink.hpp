#pragma once

#include <base/failure.hpp>
#include <event/record.hpp>
#include <event/settlement.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::event {

/// Why a sink will never take a record.
struct refusal {
  std::string code;      ///< the sink's own name for it, bounded: "MSG_SIZE_TOO_LARGE"
  std::string sentence;  ///< for the operator, with numbers
};

enum class acceptance : std::uint8_t {
  taken,  ///< copied; the sink owns the share now and exactly one report follows
  busy,   ///< nothing happened (full, topic being made, paused): offer again after `sink_listener::room`
  alone,  ///< nothing happened: offer it again when nothing of this channel is out, and nothing after it until
          ///< its report
  refused,  ///< nothing happened, and never will: see `channel::why`
};

/// The ordered way to one topic.
class channel {
 public:
  virtual ~channel() = default;
  /// Synchronous, never waits. On `taken` the share is moved from; otherwise it is untouched.
  /// Whoever offers `alone` records says so by `is_alone`: then nothing else of this channel is out.
  virtual acceptance offer(const record& what, share& part, bool is_alone) = 0;
  /// After `refused`.
  [[nodiscard]] virtual refusal why() const = 0;
  /// What the channel waits for while it is busy, for /status: "topic orders is being made". Empty: nothing.
  [[nodiscard]] virtual std::string waits_for() const = 0;
};

/// What became of a record that was taken.
struct report {
  enum class result : std::uint8_t {
    delivered,  ///< the broker has it, at an offset
    refused,    ///< the broker will never take the batch it was in; alone in it, the record is guilty
    denied,  ///< the topic takes nothing from us now (the right is missing, our clock is off): about no record,
             ///< and an operator can mend it
    lost,    ///< unknown or not delivered: only a replay as a new run brings it back
  };
  result is = result::lost;
  share part;
  std::string_view topic;
  record what;                          ///< a view that lives for the call; headers are filled unless delivered
  std::string_view code;                ///< the library's name of the error, empty when delivered
  std::string_view sentence;            ///< the library's text of the error
  std::chrono::microseconds latency{};  ///< from offer to report
};

/// Called on the loop, by the sink.
class sink_listener {
 public:
  virtual ~sink_listener() = default;
  virtual void reported(report&& of) = 0;
  /// Something changed for a channel that was busy: offer again.
  virtual void room() = 0;
  /// False when nothing of the sink can be reached (all brokers down), true when something answers again.
  virtual void reachable(bool is, std::string_view why) = 0;
  /// The sink's handle is of no use any more; every share in it is unknown. The run ends.
  virtual void broken(const failure& why) = 0;
};

enum class topic_kind : std::uint8_t { changes, dead_letters, state };

/// Where records go: Kafka, standard output, later files and HTTP.
class sink {
 public:
  virtual ~sink() = default;
  virtual void listen(sink_listener& listener) = 0;
  [[nodiscard]] virtual std::unique_ptr<channel> open(std::string topic, topic_kind kind) = 0;
  /// Asks whether the sink answers (a metadata request); `reachable` tells.
  virtual void probe() = 0;
  /// Records taken and not yet reported.
  [[nodiscard]] virtual std::size_t outstanding() const = 0;
};

}  // namespace weir::event
