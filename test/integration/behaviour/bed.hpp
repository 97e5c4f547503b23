#pragma once

#include "cases.hpp"

#include <event/position.hpp>
#include <support/bed.hpp>
#include <support/kafka_client.hpp>
#include <support/kafka_server.hpp>
#include <support/postgres_server.hpp>
#include <support/weir_process.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace weir::behaviour {

/// A record as the cases speak of it.
struct seen_record {
  std::string topic;  ///< whole
  char op = 0;
  std::optional<std::string> key;
  std::string before = "null";  ///< JSON without spaces
  std::string after = "null";
  std::string source = "null";
  std::string transaction = "null";
  std::map<std::string, std::string> headers;
  event::position at;
  std::string value;  ///< whole; empty for a tombstone
};

/// A server of one version, the shared broker under a prefix of its own, and weir between them.
class bed {
 public:
  using variables = support::weir_process::variables;

  /// `before` runs on the server before weir starts; `more` are settings of weir.
  explicit bed(int version, variables more = {}, const std::string& before = "");

  /// Waits until everything that is committed by now is in Kafka and confirmed.
  void drain();
  /// Everything in the topics whose name begins so (after the prefix), in the order of the stream.
  [[nodiscard]] std::vector<seen_record> read(const std::string& topics);
  /// Runs the steps of each, waits for all of it, and compares.
  void play(const std::vector<situation>& all);

  support::postgres_server postgres;
  std::string prefix = support::unique_name("behaviour");
  support::kafka_client kafka{support::shared_brokers()};
  variables environment;
  std::optional<support::weir_process> weir;
};

/// The versions of PostgreSQL that a case is played on: the distribution's, and in the long form 17 and 18,
/// too.
[[nodiscard]] std::vector<int> versions();
/// A version that is there, at least `least`; nothing when there is none.
[[nodiscard]] std::optional<int> version_from(int least);

}  // namespace weir::behaviour
