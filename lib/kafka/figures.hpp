#pragma once

#include <base/size.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace weir::kafka {

/// One broker as the library's statistics show it.
struct broker_figures {
  std::string name;         ///< host:port/id
  std::string state;        ///< librdkafka's word: UP, DOWN, CONNECT, AUTH_REQ, ...
  std::int64_t rtt_us = 0;  ///< mean round trip in the last interval, microseconds
  std::int64_t rtt_p99_us = 0;
  std::uint64_t requests = 0;  ///< sent since the handle was made
  std::uint64_t retries = 0;
  std::uint64_t errors = 0;  ///< transmission errors
  std::uint64_t disconnects = 0;
  std::uint64_t waiting = 0;  ///< requests that wait for an answer
};

/// Plain counters and gauges of one producer; whoever serves metrics copies them. Counters start at 0 with the
/// object.
struct figures {
  std::uint64_t taken = 0;  ///< records that `offer` took
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;  ///< reports and offers that were refused for good
  std::uint64_t lost = 0;
  std::uint64_t busy = 0;                       ///< offers that found no room
  std::uint64_t wakeups = 0;                    ///< of the event pump
  std::map<std::string, std::uint64_t> errors;  ///< failed reports and refused offers, by the library's name
  // From the library's statistics, every 10 seconds, summed over the producer's handles.
  std::uint64_t queued_records = 0;
  bytes queued_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  std::vector<broker_figures> brokers;
};

/// A topic that the producer knows, for /status.
struct topic_status {
  std::string name;
  std::string waits_for;  ///< empty: open
  bytes limit = 0;        ///< max.message.bytes; 0: not known yet
  bool limit_is_assumed = false;
  std::uint64_t outstanding = 0;
};

}  // namespace weir::kafka
