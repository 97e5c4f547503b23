#include <kafka/preflight.hpp>

#include <kafka/configuration.hpp>
#include <kafka/conversation.hpp>
#include <kafka/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include <base/failure.hpp>

namespace weir::kafka {
namespace {

using severity = finding::severity;

std::chrono::milliseconds left(steady_time until) {
  constexpr std::chrono::milliseconds least{100};
  return std::max(least,
                  std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now()) - least);
}

/// Answers by topic; empty when the brokers did not answer at all.
async::awaitable<std::map<std::string, topic_answer>> hear(async::self me, conversation& talk,
                                                           steady_time until) {
  const auto event = co_await talk.next(me, "what the brokers say about the topics", until);
  std::map<std::string, topic_answer> heard;
  if (event) {
    for (auto& [name, answer] : answers_of(event)) heard.emplace(name, std::move(answer));
  }
  co_return heard;
}

finding about_existing(const wanted_topic& wanted, const topic_answer& answer) {
  if (answer.is_compacted && !wanted.has_key) {
    return {severity::mistake, wanted.name,
            "the topic is compacted and its records have no key: one of them makes the broker refuse its whole "
            "batch. "
            "Give the target a key or another topic"};
  }
  if (wanted.kind == event::topic_kind::state && !answer.is_compacted) {
    return {severity::mistake, wanted.name,
            "the state topic is not compacted: positions in it expire. Set its cleanup.policy to compact"};
  }
  return {severity::fine, wanted.name, fmt::format("exists, takes batches of {} bytes", answer.limit)};
}

finding about_missing(const wanted_topic& wanted, const topic_answer& made) {
  if (made.code == RD_KAFKA_RESP_ERR_NO_ERROR)
    return {severity::fine, wanted.name, "does not exist, may be made"};
  return {
      severity::mistake, wanted.name,
      fmt::format("does not exist and the brokers refuse to make it ({}: {}): create it, or allow it",
                  name_of(made.code), made.text.empty() ? text_of(made.code) : std::string_view{made.text})};
}

/// Asks whether the missing ones might be made, without making them.
async::awaitable<std::map<std::string, topic_answer>> would_make(async::self me, conversation& talk,
                                                                 options with,
                                                                 std::vector<wanted_topic> missing,
                                                                 steady_time until) {
  std::vector<new_topic> wishes;
  for (const auto& each : missing) {
    wishes.push_back(topic_to_make(each.name, each.kind, false, with.partitions, with.replication));
  }
  talk.with().create(wishes, left(until), nullptr, client::creation::only_checked);
  co_return co_await hear(me, talk, until);
}

/// Who may write a topic may describe it, though perhaps not its settings: whoever may not has no right at all.
async::awaitable<bool> is_denied(async::self me, conversation& talk, async::blocking_pool& pool,
                                 std::string name) {
  const topic_ptr topic{rd_kafka_topic_new(talk.with().handle(), name.c_str(), nullptr)};
  co_return co_await talk.learn_leader(me, pool, topic.get()) == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

async::awaitable<std::vector<finding>> ask(async::self me, conversation& talk, async::blocking_pool& pool,
                                           options with, std::vector<wanted_topic> topics, steady_time until) {
  std::vector<finding> found;
  std::vector<std::string> names;
  for (const auto& each : topics) {
    if (auto problem = name_problem(each.name); problem.empty()) {
      names.push_back(each.name);
    } else {
      found.push_back({severity::mistake, each.name, problem});
    }
  }
  // Reaching the brokers is asked by a topic, whichever.
  if (names.empty()) names.emplace_back("__consumer_offsets");
  talk.with().describe(names, left(until), nullptr);
  const auto answers = co_await hear(me, talk, until);
  if (answers.empty()) {
    found.push_back({severity::mistake, "brokers",
                     fmt::format("none of {} answers{}{}", with.brokers, talk.trouble().empty() ? "" : ": ",
                                 talk.trouble())});
    co_return found;
  }
  found.push_back({severity::fine, "brokers", fmt::format("{} answer", with.brokers)});
  std::vector<wanted_topic> missing;
  for (const auto& each : topics) {
    const auto answer = answers.find(each.name);
    if (answer == answers.end()) continue;
    if (answer->second.code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      found.push_back(about_existing(each, answer->second));
    } else if (answer->second.code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED &&
               co_await is_denied(me, talk, pool, each.name)) {
      found.push_back(
          {severity::mistake, each.name,
           "the brokers do not allow it (TOPIC_AUTHORIZATION_FAILED): grant Write and Describe on it, "
           "Create if Weir is to make it, and Read on the state topic"});
    } else if (answer->second.code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      found.push_back(
          {severity::warning, each.name,
           fmt::format("the brokers do not tell its settings ({}): 1 MiB is assumed as its limit. Allow "
                       "DescribeConfigs",
                       name_of(answer->second.code))});
    } else if (with.may_create_topics) {
      missing.push_back(each);
    } else {
      found.push_back({severity::mistake, each.name, "does not exist and WEIR_CREATE is off: create it"});
    }
  }
  if (missing.empty()) co_return found;
  auto made = co_await would_make(me, talk, with, missing, until);
  for (const auto& each : missing) {
    const auto [answer, is_silent] =
        made.try_emplace(each.name, topic_answer{RD_KAFKA_RESP_ERR__TIMED_OUT, {}, 0, false, true});
    found.push_back(about_missing(each, answer->second));
  }
  co_return found;
}

}  // namespace

async::awaitable<std::vector<finding>> preflight(async::self me, async::executor on, async::blocking_pool& pool,
                                                 options with, std::vector<wanted_topic> topics,
                                                 steady_time until) {
  std::vector<finding> found;
  // Also what a producer would be made of, so that a mistake there is not left for the start.
  conf_ptr conf;
  try {
    (void)producer_configuration(with, batch_size_for(default_topic_limit));
    conf = reader_configuration(with);
  } catch (const failure& refused) {
    found.push_back({severity::mistake, "brokers", refused.what()});
    co_return found;
  }
  std::optional<conversation> talk;
  try {
    talk.emplace(on, std::move(conf));
  } catch (const failure& refused) {
    found.push_back({severity::mistake, "brokers", refused.what()});
    co_return found;
  }
  std::exception_ptr failed;
  try {
    found = co_await ask(me, *talk, pool, with, std::move(topics), until);
  } catch (...) {
    failed = std::current_exception();
  }
  co_await talk->end(me, pool);
  if (failed) std::rethrow_exception(failed);
  co_return found;
}

}  // namespace weir::kafka
