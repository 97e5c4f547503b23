#pragma once

#include <async/blocking_pool.hpp>
#include <event/sink.hpp>
#include <kafka/options.hpp>

#include <string>
#include <vector>

namespace weir::kafka {

/// A topic that the configuration is going to write.
struct wanted_topic {
  std::string name;
  event::topic_kind kind = event::topic_kind::changes;
  bool has_key = true;  ///< false: its records carry no key
};

struct finding {
  enum class severity { fine, warning, mistake };
  severity is = severity::fine;
  std::string object;    ///< "brokers", or the topic's name
  std::string sentence;  ///< what was found and what to do
};

/// What `weir check` and a start ask the brokers: do they answer, does each topic exist or may it be made, what
/// are its limits, is a topic compacted whose records have no key. Writes nothing. Never throws for what a
/// broker says: an unreachable cluster is a finding. Ends by `until`.
async::awaitable<std::vector<finding>> preflight(async::self me, async::executor on, async::blocking_pool& pool,
                                                 options with, std::vector<wanted_topic> topics,
                                                 steady_time until);

}  // namespace weir::kafka
