#include <support/kafka_client.hpp>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <support/eventually.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <stdexcept>

namespace weir::support {
namespace {

using namespace std::chrono_literals;

constexpr int request_ms = 30'000;

template <auto Destroy>
struct deleter {
  template <class T>
  void operator()(T* thing) const {
    Destroy(thing);
  }
};

using client = std::unique_ptr<rd_kafka_t, deleter<rd_kafka_destroy>>;
using queue = std::unique_ptr<rd_kafka_queue_t, deleter<rd_kafka_queue_destroy>>;
using event = std::unique_ptr<rd_kafka_event_t, deleter<rd_kafka_event_destroy>>;
using admin_options = std::unique_ptr<rd_kafka_AdminOptions_t, deleter<rd_kafka_AdminOptions_destroy>>;
using new_topic = std::unique_ptr<rd_kafka_NewTopic_t, deleter<rd_kafka_NewTopic_destroy>>;
using old_topic = std::unique_ptr<rd_kafka_DeleteTopic_t, deleter<rd_kafka_DeleteTopic_destroy>>;
using resource = std::unique_ptr<rd_kafka_ConfigResource_t, deleter<rd_kafka_ConfigResource_destroy>>;
using acl_binding = std::unique_ptr<rd_kafka_AclBinding_t, deleter<rd_kafka_AclBinding_destroy>>;
using partitions =
    std::unique_ptr<rd_kafka_topic_partition_list_t, deleter<rd_kafka_topic_partition_list_destroy>>;
using message = std::unique_ptr<rd_kafka_message_t, deleter<rd_kafka_message_destroy>>;
using metadata = std::unique_ptr<const rd_kafka_metadata_t, deleter<rd_kafka_metadata_destroy>>;

using error_text = std::array<char, 512>;

[[noreturn]] void fail(const std::string& what, rd_kafka_resp_err_t error) {
  throw std::runtime_error(fmt::format("{}: {}", what, rd_kafka_err2str(error)));
}

void check(rd_kafka_resp_err_t error, const std::string& what) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(what, error);
}

void check(const rd_kafka_error_t* error, const std::string& what) {
  if (error != nullptr) throw std::runtime_error(fmt::format("{}: {}", what, rd_kafka_error_string(error)));
}

client make(rd_kafka_type_t type, const kafka_client::config& properties) {
  error_text text{};
  auto* configuration = rd_kafka_conf_new();
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(configuration, name.c_str(), value.c_str(), text.data(), text.size()) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(configuration);
      throw std::runtime_error(text.data());
    }
  }
  if (type == RD_KAFKA_PRODUCER) {
    rd_kafka_conf_set_dr_msg_cb(configuration, [](rd_kafka_t*, const rd_kafka_message_t* report, void*) {
      *static_cast<rd_kafka_resp_err_t*>(report->_private) = report->err;
    });
  }
  rd_kafka_conf_set_log_cb(configuration, [](const rd_kafka_t*, int, const char*, const char*) {});
  client made{rd_kafka_new(type, configuration, text.data(), text.size())};
  if (made) return made;
  rd_kafka_conf_destroy(configuration);
  throw std::runtime_error(text.data());
}

metadata ask_metadata(rd_kafka_t* by, int timeout_ms) {
  const rd_kafka_metadata_t* found = nullptr;
  check(rd_kafka_metadata(by, 1, nullptr, &found, timeout_ms), "Kafka gave no metadata");
  return metadata{found};
}

std::string text_of(const void* bytes, std::size_t size) { return {static_cast<const char*>(bytes), size}; }

kafka_record copy(const rd_kafka_message_t& from) {
  kafka_record record;
  record.topic = rd_kafka_topic_name(from.rkt);
  record.partition = from.partition;
  record.offset = from.offset;
  if (from.key != nullptr) record.key = text_of(from.key, from.key_len);
  if (from.payload != nullptr) record.value = text_of(from.payload, from.len);
  record.timestamp_ms = rd_kafka_message_timestamp(&from, nullptr);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&from, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t n = 0;
       rd_kafka_header_get_all(headers, n, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++n) {
    record.headers.emplace_back(name, value == nullptr ? std::string{} : text_of(value, size));
  }
  return record;
}

/// Sends an admin request by `send` and waits for its event.
event ask_admin(rd_kafka_t* by, rd_kafka_admin_op_t operation, const char* what,
                const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& send) {
  const queue answers{rd_kafka_queue_new(by)};
  const admin_options options{rd_kafka_AdminOptions_new(by, operation)};
  error_text text{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), request_ms, text.data(), text.size());
  send(options.get(), answers.get());
  event answer{rd_kafka_queue_poll(answers.get(), 2 * request_ms)};
  if (!answer) throw std::runtime_error(fmt::format("{}: no answer", what));
  if (const auto error = rd_kafka_event_error(answer.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail(what, error);
  return answer;
}

void check_topics(const rd_kafka_topic_result_t** results, std::size_t size) {
  for (std::size_t n = 0; n < size; ++n) {
    if (rd_kafka_topic_result_error(results[n]) == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const char* reason = rd_kafka_topic_result_error_string(results[n]);
    throw std::runtime_error(fmt::format("topic {}: {}", rd_kafka_topic_result_name(results[n]),
                                         reason != nullptr ? reason : "refused"));
  }
}

resource topic_resource(const std::string& name) {
  return resource{rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str())};
}

/// The right to everything on topics with a prefix: to be given, or to be looked for.
template <auto Make>
acl_binding everything_on(const std::string& principal, const std::string& topic_prefix) {
  error_text text{};
  acl_binding made{Make(RD_KAFKA_RESOURCE_TOPIC, topic_prefix.c_str(), RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
                        principal.c_str(), "*", RD_KAFKA_ACL_OPERATION_ALL, RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
                        text.data(), text.size())};
  if (!made) throw std::runtime_error(text.data());
  return made;
}

void check_resources(const rd_kafka_ConfigResource_t** resources, std::size_t size) {
  for (std::size_t n = 0; n < size; ++n) {
    const auto error = rd_kafka_ConfigResource_error(resources[n]);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_ConfigResource_name(resources[n]), error);
  }
}

}  // namespace

std::optional<std::string> kafka_record::header(std::string_view name) const {
  const auto is_named = [name](const auto& each) { return each.first == name; };
  const auto found = std::find_if(headers.rbegin(), headers.rend(), is_named);
  if (found == headers.rend()) return std::nullopt;
  return found->second;
}

struct kafka_client::handles {
  explicit handles(const config& properties)
      : properties(properties), admin(make(RD_KAFKA_PRODUCER, properties)) {}

  [[nodiscard]] client consumer() const {
    auto all = properties;
    all.insert({{"enable.auto.commit", "false"},
                {"enable.partition.eof", "true"},
                {"fetch.wait.max.ms", "20"},
                {"auto.offset.reset", "earliest"},
                {"fetch.message.max.bytes", "10485760"},
                {"group.id", "none"},
                {"allow.auto.create.topics", "false"}});
    auto made = make(RD_KAFKA_CONSUMER, all);
    rd_kafka_poll_set_consumer(made.get());
    return made;
  }

  config properties;
  client admin;  ///< also the producer
};

kafka_client::kafka_client(const std::string& brokers, const config& properties) {
  auto all = properties;
  all.insert({{"bootstrap.servers", brokers},
              {"linger.ms", "0"},
              {"message.max.bytes", "100000000"},
              {"message.timeout.ms", std::to_string(usual_bound.count())},
              {"topic.metadata.refresh.fast.interval.ms", "50"}});
  handles_ = std::make_unique<handles>(all);
}

kafka_client::~kafka_client() = default;

void kafka_client::create_topic(const std::string& name, int partitions, const config& settings) {
  error_text text{};
  const new_topic wanted{rd_kafka_NewTopic_new(name.c_str(), partitions, 1, text.data(), text.size())};
  if (!wanted) throw std::runtime_error(text.data());
  for (const auto& [key, value] : settings)
    rd_kafka_NewTopic_set_config(wanted.get(), key.c_str(), value.c_str());
  auto* list = wanted.get();
  const auto answer = ask_admin(handles_->admin.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS, "create topic",
                                [&](const auto* options, auto* answers) {
                                  rd_kafka_CreateTopics(handles_->admin.get(), &list, 1, options, answers);
                                });
  std::size_t size = 0;
  check_topics(rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &size),
               size);
  const auto is_there = [&] {
    const auto all = topics(name);
    const auto found = all.find(name);
    return found != all.end() && found->second == partitions;
  };
  if (!eventually(is_there, usual_bound)) throw std::runtime_error("topic " + name + " does not appear");
}

void kafka_client::allow(const std::string& principal, const std::string& topic_prefix) {
  const auto wanted = everything_on<rd_kafka_AclBinding_new>(principal, topic_prefix);
  auto* list = wanted.get();
  const auto answer = ask_admin(handles_->admin.get(), RD_KAFKA_ADMIN_OP_CREATEACLS, "allow",
                                [&](const auto* options, auto* answers) {
                                  rd_kafka_CreateAcls(handles_->admin.get(), &list, 1, options, answers);
                                });
  std::size_t size = 0;
  const auto** results = rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(answer.get()), &size);
  for (std::size_t n = 0; n < size; ++n) check(rd_kafka_acl_result_error(results[n]), "allow " + principal);
}

void kafka_client::disallow(const std::string& principal, const std::string& topic_prefix) {
  const auto unwanted = everything_on<rd_kafka_AclBindingFilter_new>(principal, topic_prefix);
  auto* list = unwanted.get();
  const auto answer = ask_admin(handles_->admin.get(), RD_KAFKA_ADMIN_OP_DELETEACLS, "disallow",
                                [&](const auto* options, auto* answers) {
                                  rd_kafka_DeleteAcls(handles_->admin.get(), &list, 1, options, answers);
                                });
  std::size_t size = 0;
  const auto** results =
      rd_kafka_DeleteAcls_result_responses(rd_kafka_event_DeleteAcls_result(answer.get()), &size);
  for (std::size_t n = 0; n < size; ++n)
    check(rd_kafka_DeleteAcls_result_response_error(results[n]), "disallow " + principal);
}

void kafka_client::delete_topic(const std::string& name) {
  const old_topic unwanted{rd_kafka_DeleteTopic_new(name.c_str())};
  auto* list = unwanted.get();
  const auto answer = ask_admin(handles_->admin.get(), RD_KAFKA_ADMIN_OP_DELETETOPICS, "delete topic",
                                [&](const auto* options, auto* answers) {
                                  rd_kafka_DeleteTopics(handles_->admin.get(), &list, 1, options, answers);
                                });
  std::size_t size = 0;
  check_topics(rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer.get()), &size),
               size);
  const auto is_gone = [&] { return !topics(name).contains(name); };
  if (!eventually(is_gone, usual_bound)) throw std::runtime_error("topic " + name + " does not go away");
}

void kafka_client::alter_topic(const std::string& name, const config& settings) {
  const auto wanted = topic_resource(name);
  for (const auto& [key, value] : settings)
    rd_kafka_ConfigResource_set_config(wanted.get(), key.c_str(), value.c_str());
  auto* list = wanted.get();
  const auto answer = ask_admin(handles_->admin.get(), RD_KAFKA_ADMIN_OP_ALTERCONFIGS, "alter topic",
                                [&](const auto* options, auto* answers) {
                                  rd_kafka_AlterConfigs(handles_->admin.get(), &list, 1, options, answers);
                                });
  std::size_t size = 0;
  check_resources(
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(answer.get()), &size), size);
}

kafka_client::config kafka_client::topic_settings(const std::string& name) {
  const auto wanted = topic_resource(name);
  auto* list = wanted.get();
  const auto answer = ask_admin(handles_->admin.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "describe topic",
                                [&](const auto* options, auto* answers) {
                                  rd_kafka_DescribeConfigs(handles_->admin.get(), &list, 1, options, answers);
                                });
  std::size_t size = 0;
  const auto* result = rd_kafka_event_DescribeConfigs_result(answer.get());
  const auto** resources = rd_kafka_DescribeConfigs_result_resources(result, &size);
  check_resources(resources, size);
  config found;
  std::size_t entries = 0;
  const auto** all = rd_kafka_ConfigResource_configs(resources[0], &entries);
  for (std::size_t n = 0; n < entries; ++n) {
    const char* value = rd_kafka_ConfigEntry_value(all[n]);
    found[rd_kafka_ConfigEntry_name(all[n])] = value != nullptr ? value : "";
  }
  return found;
}

std::map<std::string, int> kafka_client::topics(const std::string& prefix) {
  const auto all = ask_metadata(handles_->admin.get(), request_ms);
  std::map<std::string, int> found;
  for (int n = 0; n < all->topic_cnt; ++n) {
    const auto& topic = all->topics[n];
    if (std::string_view{topic.topic}.starts_with(prefix)) found[topic.topic] = topic.partition_cnt;
  }
  return found;
}

std::map<std::int32_t, std::int32_t> kafka_client::leaders(const std::string& topic) {
  const auto all = ask_metadata(handles_->admin.get(), request_ms);
  std::map<std::int32_t, std::int32_t> found;
  for (int n = 0; n < all->topic_cnt; ++n) {
    const auto& each = all->topics[n];
    if (topic != each.topic) continue;
    for (int p = 0; p < each.partition_cnt; ++p) found[each.partitions[p].id] = each.partitions[p].leader;
  }
  return found;
}

std::map<std::int32_t, kafka_offsets> kafka_client::offsets(const std::string& topic) {
  std::map<std::int32_t, kafka_offsets> found;
  const auto known = topics(topic);
  const auto size = known.find(topic);
  if (size == known.end()) return found;
  for (std::int32_t partition = 0; partition < size->second; ++partition) {
    auto& at = found[partition];
    const auto ask = [&] {
      return rd_kafka_query_watermark_offsets(handles_->admin.get(), topic.c_str(), partition, &at.low,
                                              &at.high, request_ms);
    };
    auto error = ask();
    // A topic that was made a moment ago has a leader only after the client's next look at the cluster.
    (void)eventually([&] { return error == RD_KAFKA_RESP_ERR_NO_ERROR || (error = ask(), false); }, 10s, 50ms);
    check(error, fmt::format("offsets of {}[{}]", topic, partition));
  }
  return found;
}

std::int64_t kafka_client::count(const std::string& prefix) {
  std::int64_t sum = 0;
  for (const auto& [topic, size] : topics(prefix)) {
    for (const auto& [partition, at] : offsets(topic)) sum += at.high - at.low;
  }
  return sum;
}

std::vector<kafka_record> kafka_client::read(const std::vector<std::string>& topics, milliseconds bound) {
  const auto consumer = handles_->consumer();
  const partitions wanted{rd_kafka_topic_partition_list_new(1)};
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> ends;
  for (const auto& topic : topics) {
    for (const auto& [partition, at] : offsets(topic)) {
      if (at.high == at.low) continue;
      rd_kafka_topic_partition_list_add(wanted.get(), topic.c_str(), partition)->offset = at.low;
      ends[{topic, partition}] = at.high;
    }
  }
  std::vector<kafka_record> records;
  if (ends.empty()) return records;
  check(rd_kafka_assign(consumer.get(), wanted.get()), "assign");
  const auto until = std::chrono::steady_clock::now() + bound;
  while (!ends.empty()) {
    if (std::chrono::steady_clock::now() > until) {
      throw std::runtime_error(fmt::format("{} partitions were not read to their end in time, {} among them",
                                           ends.size(), ends.begin()->first.first));
    }
    const message next{rd_kafka_consumer_poll(consumer.get(), 100)};
    if (!next || next->rkt == nullptr) continue;
    const bool is_end = next->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (next->err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_end) fail("reading", next->err);
    const auto end = ends.find({rd_kafka_topic_name(next->rkt), next->partition});
    if (end == ends.end()) continue;  // newer than the end that was asked for
    if (!is_end && next->offset < end->second) records.push_back(copy(*next));
    // The last offset may be a transaction's marker, which never arrives: the end-of-partition event comes
    // then.
    if (next->offset + (is_end ? 0 : 1) >= end->second) ends.erase(end);
  }
  return records;
}

std::vector<kafka_record> kafka_client::read_prefix(const std::string& prefix, milliseconds bound) {
  std::vector<std::string> names;
  for (const auto& [topic, size] : topics(prefix)) names.push_back(topic);
  return read(names, bound);
}

void kafka_client::produce(const std::string& topic, const std::optional<std::string>& key,
                           const std::optional<std::string>& value,
                           const std::vector<std::pair<std::string, std::string>>& headers) {
  auto* list = rd_kafka_headers_new(headers.size());
  for (const auto& [name, text] : headers) {
    rd_kafka_header_add(list, name.data(), static_cast<ssize_t>(name.size()), text.data(),
                        static_cast<ssize_t>(text.size()));
  }
  auto* by = handles_->admin.get();
  auto outcome = RD_KAFKA_RESP_ERR__IN_PROGRESS;
  std::array<rd_kafka_vu_t, 6> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[0].u.cstr = topic.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_KEY;
  if (key) parts[1].u.mem = {const_cast<char*>(key->data()), key->size()};
  parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
  if (value) parts[2].u.mem = {const_cast<char*>(value->data()), value->size()};
  parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[3].u.i = RD_KAFKA_MSG_F_COPY;
  parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[4].u.headers = list;
  parts[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[5].u.ptr = &outcome;
  using refusal = std::unique_ptr<rd_kafka_error_t, deleter<rd_kafka_error_destroy>>;
  if (const refusal error{rd_kafka_produceva(by, parts.data(), parts.size())}) {
    rd_kafka_headers_destroy(list);
    throw std::runtime_error(fmt::format("produce to {}: {}", topic, rd_kafka_error_string(error.get())));
  }
  // The report is served within the flush, on this thread; the client gives up before the flush does.
  (void)rd_kafka_flush(by, 2 * static_cast<int>(usual_bound.count()));
  check(outcome, "produce to " + topic);
}

bool answers_metadata(const std::string& brokers) {
  const auto probe = make(
      RD_KAFKA_PRODUCER,
      {{"bootstrap.servers", brokers}, {"reconnect.backoff.ms", "20"}, {"reconnect.backoff.max.ms", "50"}});
  const rd_kafka_metadata_t* found = nullptr;
  const auto error = rd_kafka_metadata(probe.get(), 0, nullptr, &found, 1000);
  const metadata owner{found};
  return error == RD_KAFKA_RESP_ERR_NO_ERROR && found->broker_cnt > 0;
}

}  // namespace weir::support
