#include <kafka/topic_book.hpp>

#include <algorithm>
#include <chrono>

#include <base/log.hpp>

namespace weir::kafka {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 5s;
constexpr std::size_t most_topics_a_request = 200;
/// Below this no halving makes sense: a record's own frame is some hundred bytes.
constexpr bytes least_limit = kibibyte;

}  // namespace

topic_entry& topic_book::open(const std::string& name, event::topic_kind kind) {
  auto& slot = topics_[name];
  if (!slot) {
    slot = std::make_unique<topic_entry>(name, kind, with_.may_create_topics);
    // The library's mock cluster has no controller, so nobody would answer.
    if (with_.properties.contains("test.mock.num.brokers")) slot->opening.assume(steady_clock::now());
    find_due();
  }
  return *slot;
}

topic_entry* topic_book::find(const std::string& name) {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second.get();
}

void topic_book::ask(client& through, steady_time now) {
  if (now < due_) return;
  std::vector<topic_entry*> to_describe;
  std::vector<topic_entry*> to_create;
  for (const auto& [name, topic] : topics_) {
    if (!topic->problem.empty()) continue;
    switch (topic->opening.next(now)) {
      case topic_opening::question::none:
        break;
      case topic_opening::question::describe:
        to_describe.push_back(topic.get());
        break;
      case topic_opening::question::create:
        to_create.push_back(topic.get());
        break;
    }
  }
  send(through, topic_opening::question::describe, std::move(to_describe));
  send(through, topic_opening::question::create, std::move(to_create));
  find_due();
}

void topic_book::reopen(topic_entry& topic) {
  topic.opening.reopen();
  find_due();
}

void topic_book::send(client& through, topic_opening::question what, std::vector<topic_entry*> about) {
  for (std::size_t from = 0; from < about.size(); from += most_topics_a_request) {
    const auto count = std::min(most_topics_a_request, about.size() - from);
    const auto first = about.begin() + static_cast<std::ptrdiff_t>(from);
    auto& sent = requests_.emplace_back(request{what, {first, first + static_cast<std::ptrdiff_t>(count)}});
    if (what == topic_opening::question::describe) {
      std::vector<std::string> names;
      for (const auto* topic : sent.about) names.push_back(topic->name);
      through.describe(names, patience, &sent);
    } else {
      std::vector<new_topic> wanted;
      for (const auto* topic : sent.about) {
        log::info("topic {} does not exist: making it", topic->name);
        wanted.push_back(topic_to_make(topic->name, topic->kind, topic->opening.wants_plain(), with_.partitions,
                                       with_.replication));
      }
      through.create(wanted, patience, &sent);
    }
  }
}

bool topic_book::answered(const client& by, const event_ptr& event, steady_time now) {
  const auto* opaque = rd_kafka_event_opaque(event.get());
  const auto sent =
      std::find_if(requests_.begin(), requests_.end(), [&](const auto& each) { return &each == opaque; });
  if (sent == requests_.end()) return false;
  const auto all = answers_of(event);
  // A request that failed as a whole answers for each of its topics.
  topic_answer failed{rd_kafka_event_error(event.get()), {}, 0, false, by.knows_cluster()};
  if (failed.code == RD_KAFKA_RESP_ERR_NO_ERROR) failed.code = RD_KAFKA_RESP_ERR_UNKNOWN;
  bool has_opened = false;
  for (auto* topic : sent->about) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.first == topic->name; });
    const auto& answer = found == all.end() ? failed : found->second;
    const bool was_open = topic->opening.is_open();
    const auto waited_for = topic->opening.waits_for();
    if (sent->what == topic_opening::question::describe) {
      topic->opening.described(answer, now);
    } else {
      topic->opening.created(answer.code, answer.text, now);
    }
    has_opened = has_opened || (topic->opening.is_open() && !was_open);
    const bool must_wait = !topic->opening.is_open() && topic->opening.due() > now;
    if (must_wait && topic->opening.waits_for() != waited_for) {
      log::warn("{}", topic->opening.waits_for());
    }
  }
  requests_.erase(sent);
  find_due();
  return has_opened;
}

void topic_book::find_due() {
  due_ = steady_time::max();
  for (const auto& [name, topic] : topics_) {
    if (topic->problem.empty()) due_ = std::min(due_, topic->opening.due());
  }
}

bytes topic_book::limit_of(const topic_entry& topic) const {
  const auto limit = topic.opening.limit();
  if (!topic.opening.limit_is_assumed()) return limit;
  const auto learned = with_.limits->by_topic.find(topic.name);
  return learned == with_.limits->by_topic.end() ? limit : std::min(limit, learned->second);
}

void topic_book::learn(topic_entry& topic, bytes size) {
  const auto limit = limit_of(topic);
  // A record above the half may be the guilty one: batches are not to blame then.
  if (!topic.opening.limit_is_assumed() || topic.has_halved || size > limit / 2 || limit / 2 < least_limit)
    return;
  topic.has_halved = true;
  with_.limits->by_topic[topic.name] = limit / 2;
  log::warn(
      "topic {}: a batch was refused as too large and the brokers do not let us read the limit; assuming {} "
      "bytes now",
      topic.name, limit / 2);
}

void topic_book::forget_handles() noexcept {
  for (const auto& [name, topic] : topics_) {
    topic->handle.reset();
    topic->through = nullptr;
  }
}

std::vector<topic_status> topic_book::status() const {
  std::vector<topic_status> all;
  for (const auto& [name, topic] : topics_) {
    all.push_back({name, topic->problem.empty() ? topic->opening.waits_for() : topic->problem,
                   topic->opening.is_open() ? limit_of(*topic) : 0, topic->opening.limit_is_assumed(),
                   topic->outstanding});
  }
  return all;
}

}  // namespace weir::kafka
