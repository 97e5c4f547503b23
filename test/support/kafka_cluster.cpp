#include <support/kafka_cluster.hpp>

#include <fmt/format.h>
#include <support/free_port.hpp>

namespace weir::support {

kafka_cluster::kafka_cluster(int nodes, const std::vector<std::string>& properties) {
  std::vector<kafka_membership> members;
  std::string voters;
  for (int number = 1; number <= nodes; ++number) {
    members.push_back({number, free_port(), {}});
    voters +=
        fmt::format("{}{}@127.0.0.1:{}", voters.empty() ? "" : ",", number, members.back().controller_port);
  }
  std::vector<std::string> all{"auto.leader.rebalance.enable=true", "leader.imbalance.check.interval.seconds=1",
                               "leader.imbalance.per.broker.percentage=0"};
  all.insert(all.end(), properties.begin(), properties.end());
  for (auto& each : members) {
    each.voters = voters;
    nodes_.emplace_back(kafka_options{.properties = all, .member = each});
  }
  for (auto& each : nodes_) each.wait_until_up();
}

std::string kafka_cluster::brokers() const {
  std::string all;
  for (const auto& each : nodes_) all += (all.empty() ? "" : ",") + each.own_address();
  return all;
}

}  // namespace weir::support
