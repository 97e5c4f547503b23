#include <kafka/client.hpp>

#include <kafka/errors.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>

#include <base/failure.hpp>

namespace weir::kafka {
namespace {

/// The wish for dead letters: what a request may hold on a broker that nobody has configured
/// (socket.request.max.bytes is 100 MiB), less room for the request around it.
constexpr const char* dead_letter_limit = "104792064";

handle_ptr make_handle(client::role as, conf_ptr conf) {
  std::array<char, 512> why{};
  auto* made = rd_kafka_new(as == client::role::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf.get(),
                            why.data(), why.size());
  if (made == nullptr) {
    throw failure{verdict::permanent, "configuration",
                  fmt::format("the Kafka client cannot be made: {}", why.data())};
  }
  // The handle owns the configuration now.
  (void)conf.release();  // NOLINT(bugprone-unused-return-value)
  return handle_ptr{made};
}

/// Tokens are fetched by a thread of the library: a refresh by event would need a token source of ours.
void fetch_tokens_in_background(rd_kafka_t* handle) {
  const auto* conf = rd_kafka_conf(handle);
  std::array<char, 128> mechanism{};
  std::size_t size = mechanism.size();
  if (rd_kafka_conf_get(conf, "sasl.mechanisms", mechanism.data(), &size) != RD_KAFKA_CONF_OK) return;
  if (std::string_view{mechanism.data()} != "OAUTHBEARER") return;
  const error_ptr failed{rd_kafka_sasl_background_callbacks_enable(handle)};
  if (failed) throw failure{verdict::permanent, "configuration", rd_kafka_error_string(failed.get())};
}

admin_options_ptr patient(rd_kafka_t* handle, rd_kafka_admin_op_t what, std::chrono::milliseconds patience,
                          void* opaque) {
  admin_options_ptr made{rd_kafka_AdminOptions_new(handle, what)};
  std::array<char, 256> why{};
  const int ms = static_cast<int>(patience.count());
  rd_kafka_AdminOptions_set_request_timeout(made.get(), ms, why.data(), why.size());
  if (what == RD_KAFKA_ADMIN_OP_CREATETOPICS) {
    rd_kafka_AdminOptions_set_operation_timeout(made.get(), ms, why.data(), why.size());
  }
  rd_kafka_AdminOptions_set_opaque(made.get(), opaque);
  return made;
}

topic_answer answer_of(const rd_kafka_ConfigResource_t* resource) {
  topic_answer answer;
  answer.code = rd_kafka_ConfigResource_error(resource);
  if (const char* text = rd_kafka_ConfigResource_error_string(resource); answer.code != 0 && text != nullptr) {
    answer.text = text;
  }
  std::size_t count = 0;
  const auto* const* entries = rd_kafka_ConfigResource_configs(resource, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value == nullptr) continue;
    const std::string_view name = rd_kafka_ConfigEntry_name(entries[i]);
    const std::string_view text = value;
    if (name == "max.message.bytes") std::from_chars(text.data(), text.data() + text.size(), answer.limit);
    if (name == "cleanup.policy") answer.is_compacted = text.find("compact") != std::string_view::npos;
  }
  return answer;
}

}  // namespace

client::client(role as, conf_ptr conf, wakeup& rings)
    : handle_(make_handle(as, std::move(conf))), queue_(rd_kafka_queue_get_main(handle_.get())) {
  // log.queue, the event mask and this call: without any one of them the lines go to the library's own
  // callback.
  rd_kafka_set_log_queue(handle_.get(), nullptr);
  fetch_tokens_in_background(handle_.get());
  static constexpr std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(queue_.get(), rings.descriptor(), &one, sizeof one);
  // Lines of the start are in the queue already, and only the step from empty to one rings.
  rings.ring();
}

client::~client() { (void)retire(); }

bool client::knows_cluster() const {
  char* id = rd_kafka_clusterid(handle_.get(), 0);
  if (id == nullptr) return false;
  rd_kafka_mem_free(handle_.get(), id);
  return true;
}

event_ptr client::poll() { return event_ptr{rd_kafka_queue_poll(queue_.get(), 0)}; }

void client::write_log(const event_ptr& event) {
  const char* kind = nullptr;
  const char* text = nullptr;
  int severity = 0;
  if (rd_kafka_event_log(event.get(), &kind, &text, &severity) != 0) return;
  const auto passed = valve_.pass(severity, kind, steady_clock::now());
  if (!passed || !log::enabled(passed->at)) return;
  const auto more =
      passed->held_back == 0 ? std::string{} : fmt::format(" (and {} more like it)", passed->held_back);
  log::write(passed->at, fmt::format("kafka {}: {}{}", kind, text, more));
}

void client::describe(const std::vector<std::string>& topics, std::chrono::milliseconds patience,
                      void* opaque) {
  std::vector<resource_ptr> owned;
  std::vector<rd_kafka_ConfigResource_t*> asked;
  for (const auto& name : topics) {
    owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
    asked.push_back(owned.back().get());
  }
  const auto how = patient(handle_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, patience, opaque);
  rd_kafka_DescribeConfigs(handle_.get(), asked.data(), asked.size(), how.get(), queue_.get());
}

void client::create(const std::vector<new_topic>& topics, std::chrono::milliseconds patience, void* opaque,
                    creation how) {
  std::vector<new_topic_ptr> owned;
  std::vector<rd_kafka_NewTopic_t*> asked;
  std::array<char, 256> why{};
  for (const auto& each : topics) {
    owned.emplace_back(
        rd_kafka_NewTopic_new(each.name.c_str(), each.partitions, each.replication, why.data(), why.size()));
    if (!owned.back())
      throw failure{verdict::permanent, "topic", fmt::format("topic {}: {}", each.name, why.data())};
    for (const auto& [name, value] : each.settings)
      rd_kafka_NewTopic_set_config(owned.back().get(), name, value);
    asked.push_back(owned.back().get());
  }
  const auto asking = patient(handle_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS, patience, opaque);
  if (how == creation::only_checked) {
    rd_kafka_AdminOptions_set_validate_only(asking.get(), 1, why.data(), why.size());
  }
  rd_kafka_CreateTopics(handle_.get(), asked.data(), asked.size(), asking.get(), queue_.get());
}

handle_ptr client::retire() noexcept {
  if (queue_) rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0);
  queue_.reset();
  return std::move(handle_);
}

std::vector<std::pair<std::string, topic_answer>> answers_of(const event_ptr& event) {
  std::vector<std::pair<std::string, topic_answer>> answers;
  std::size_t count = 0;
  if (const auto* described = rd_kafka_event_DescribeConfigs_result(event.get()); described != nullptr) {
    const auto* const* resources = rd_kafka_DescribeConfigs_result_resources(described, &count);
    for (std::size_t i = 0; i < count; ++i) {
      answers.emplace_back(rd_kafka_ConfigResource_name(resources[i]), answer_of(resources[i]));
    }
  } else if (const auto* created = rd_kafka_event_CreateTopics_result(event.get()); created != nullptr) {
    const auto* const* topics = rd_kafka_CreateTopics_result_topics(created, &count);
    for (std::size_t i = 0; i < count; ++i) {
      topic_answer answer;
      answer.code = rd_kafka_topic_result_error(topics[i]);
      if (const char* text = rd_kafka_topic_result_error_string(topics[i]); text != nullptr) answer.text = text;
      answers.emplace_back(rd_kafka_topic_result_name(topics[i]), std::move(answer));
    }
  }
  return answers;
}

new_topic topic_to_make(const std::string& name, event::topic_kind kind, bool is_plain, int partitions,
                        int replication) {
  new_topic wanted{name, partitions, replication, {}};
  switch (kind) {
    case event::topic_kind::changes:
      break;
    case event::topic_kind::dead_letters:
      // A dead letter keeps its value whatever its size was.
      if (!is_plain) wanted.settings = {{"max.message.bytes", dead_letter_limit}};
      break;
    case event::topic_kind::state:
      // Small segments that are closed and compacted soon: a start reads what is left, not a week of positions.
      wanted.partitions = 1;
      wanted.settings = {{"cleanup.policy", "compact"},
                         {"segment.bytes", "1048576"},
                         {"segment.ms", "600000"},
                         {"min.cleanable.dirty.ratio", "0.01"}};
      break;
  }
  return wanted;
}

}  // namespace weir::kafka
