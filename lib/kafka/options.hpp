#pragma once

#include <base/size.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace weir::kafka {

/// librdkafka's properties by their own names, "security.protocol" and its value.
using property_map = std::map<std::string, std::string>;

/// Limits that were found out by being refused, where the broker does not let us ask (DescribeConfigs denied).
/// Shared by the producers that follow each other, so that a replay starts wiser than the run before it.
struct learned_limits {
  std::map<std::string, bytes> by_topic;
};

struct options {
  std::string brokers;      ///< bootstrap servers, host:port list
  property_map properties;  ///< passed through; see problems() for what is refused
  std::string client_id = "weir";
  bool may_create_topics = true;
  int partitions = -1;   ///< of topics that we make; -1: the broker's default
  int replication = -1;  ///< likewise
  std::shared_ptr<learned_limits> limits = std::make_shared<learned_limits>();
};

}  // namespace weir::kafka
