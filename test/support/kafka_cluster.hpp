#pragma once

#include <support/kafka_server.hpp>

#include <deque>
#include <string>
#include <vector>

namespace weir::support {

/// Several Kafkas that are one cluster: every node is broker and controller, so that any one of them may go.
/// The node that a partition prefers leads it again soon after it has come back. Nodes count from 1.
class kafka_cluster {
 public:
  explicit kafka_cluster(int nodes = 3, const std::vector<std::string>& properties = {});

  /// All nodes, for a client to begin with.
  [[nodiscard]] std::string brokers() const;
  [[nodiscard]] kafka_server& node(int number) { return nodes_.at(static_cast<std::size_t>(number) - 1); }

 private:
  std::deque<kafka_server> nodes_;  ///< addresses stay
};

}  // namespace weir::support
