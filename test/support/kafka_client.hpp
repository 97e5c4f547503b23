#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::support {

/// What lies in a topic.
struct kafka_record {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
  std::int64_t timestamp_ms = 0;

  /// The last header of that name; nothing when there is none.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

/// The first offset that is there and the one behind the last.
struct kafka_offsets {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// A blocking client of a test: makes topics, asks for offsets, reads everything without a consumer group.
class kafka_client {
 public:
  using milliseconds = std::chrono::milliseconds;
  using config = std::map<std::string, std::string>;
  static constexpr milliseconds usual_bound{60'000};

  /// `properties` are librdkafka's, for what is special about this broker.
  explicit kafka_client(const std::string& brokers, const config& properties = {});
  ~kafka_client();
  kafka_client(const kafka_client&) = delete;
  kafka_client& operator=(const kafka_client&) = delete;

  /// Returns when the broker shows the topic with all its partitions.
  void create_topic(const std::string& name, int partitions = 1, const config& settings = {});
  void delete_topic(const std::string& name);
  /// Replaces the topic's own settings by these.
  void alter_topic(const std::string& name, const config& settings);
  /// The topic's settings as they are in effect.
  [[nodiscard]] config topic_settings(const std::string& name);

  /// Lets a principal ("User:weir") do anything with the topics whose name begins so. For a broker with an
  /// authorizer.
  void allow(const std::string& principal, const std::string& topic_prefix);
  /// Takes back what `allow` gave.
  void disallow(const std::string& principal, const std::string& topic_prefix);

  /// Topics whose name begins so, with their number of partitions.
  [[nodiscard]] std::map<std::string, int> topics(const std::string& prefix = "");
  /// The node that leads each partition; -1: none does.
  [[nodiscard]] std::map<std::int32_t, std::int32_t> leaders(const std::string& topic);
  [[nodiscard]] std::map<std::int32_t, kafka_offsets> offsets(const std::string& topic);
  /// Offsets in use, over all partitions of all topics whose name begins so.
  [[nodiscard]] std::int64_t count(const std::string& prefix);

  /// Everything from the first offset up to the end as it is now; per partition in the order of the offsets.
  std::vector<kafka_record> read(const std::vector<std::string>& topics, milliseconds bound = usual_bound);
  /// The same for all topics whose name begins so.
  std::vector<kafka_record> read_prefix(const std::string& prefix, milliseconds bound = usual_bound);

  /// Writes one record and waits for the broker's answer. Throws when it is refused.
  void produce(const std::string& topic, const std::optional<std::string>& key,
               const std::optional<std::string>& value,
               const std::vector<std::pair<std::string, std::string>>& headers = {});

 private:
  struct handles;
  std::unique_ptr<handles> handles_;
};

/// Whether a broker answers a metadata request there now.
bool answers_metadata(const std::string& brokers);

}  // namespace weir::support
