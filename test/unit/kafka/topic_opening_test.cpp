#include <catch2/catch_test_macros.hpp>

#include <librdkafka/rdkafka.h>

#include <chrono>

#include <kafka/topic_opening.hpp>

namespace weir::kafka {
namespace {

using namespace std::chrono_literals;
using event::topic_kind;
using question = topic_opening::question;

const steady_time start{};

topic_answer answer_with(int code, bytes limit = 0) { return {code, {}, limit, false, true}; }

TEST_CASE("a topic that exists is open with its limit, and asked for again after five minutes") {
  topic_opening opening{"orders", topic_kind::changes, true};
  CHECK_FALSE(opening.is_open());
  CHECK(opening.next(start) == question::describe);
  CHECK(opening.next(start) == question::none);
  opening.described(answer_with(0, 20'000), start);
  CHECK(opening.is_open());
  CHECK(opening.limit() == 20'000);
  CHECK_FALSE(opening.limit_is_assumed());
  CHECK(opening.waits_for().empty());
  CHECK(opening.next(start + 4min) == question::none);
  CHECK(opening.next(start + 5min) == question::describe);
  // No answer is no news.
  opening.described(answer_with(RD_KAFKA_RESP_ERR__TIMED_OUT), start + 5min);
  CHECK(opening.is_open());
  CHECK(opening.limit() == 20'000);
}

TEST_CASE("a topic that is missing is made and asked for again") {
  topic_opening opening{"orders", topic_kind::changes, true};
  (void)opening.next(start);
  opening.described(answer_with(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), start);
  CHECK(opening.waits_for().find("is being made") != std::string::npos);
  CHECK(opening.next(start) == question::create);
  opening.created(0, {}, start);
  CHECK(opening.next(start) == question::describe);
  opening.described(answer_with(0, 1000), start);
  CHECK(opening.is_open());
}

TEST_CASE("a broker that forbids making a topic is reported by topic and asked again") {
  topic_opening opening{"orders", topic_kind::changes, true};
  (void)opening.next(start);
  opening.described(answer_with(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), start);
  (void)opening.next(start);
  opening.created(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "not yours", start);
  CHECK_FALSE(opening.is_open());
  CHECK(opening.waits_for().find("orders") != std::string::npos);
  CHECK(opening.waits_for().find("TOPIC_AUTHORIZATION_FAILED: not yours") != std::string::npos);
  CHECK(opening.next(start) == question::none);
  CHECK(opening.next(start + 10s) == question::describe);
}

TEST_CASE("with WEIR_CREATE=off a missing topic is waited for") {
  topic_opening opening{"orders", topic_kind::changes, false};
  (void)opening.next(start);
  opening.described(answer_with(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), start);
  CHECK(opening.waits_for().find("WEIR_CREATE") != std::string::npos);
  CHECK(opening.next(start + 10s) == question::describe);
}

TEST_CASE("where the broker does not let us ask, its default limit is assumed") {
  topic_opening opening{"orders", topic_kind::changes, true};
  (void)opening.next(start);
  opening.described(answer_with(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), start);
  CHECK(opening.next(start) == question::create);
  opening.created(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, {}, start);
  CHECK(opening.is_open());
  CHECK(opening.limit_is_assumed());
  CHECK(opening.limit() == default_topic_limit);
}

TEST_CASE("a dead-letter topic is made plain where the broker refuses the large limit") {
  topic_opening opening{"dead", topic_kind::dead_letters, true};
  (void)opening.next(start);
  opening.described(answer_with(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), start);
  (void)opening.next(start);
  CHECK_FALSE(opening.wants_plain());
  opening.created(RD_KAFKA_RESP_ERR_POLICY_VIOLATION, {}, start);
  CHECK(opening.wants_plain());
  CHECK(opening.next(start) == question::describe);
}

TEST_CASE("A5 a topic that has gone is asked for from the start") {
  topic_opening opening{"orders", topic_kind::changes, true};
  (void)opening.next(start);
  opening.described(answer_with(0, 1000), start);
  opening.reopen();
  CHECK_FALSE(opening.is_open());
  CHECK(opening.next(start) == question::describe);
}

TEST_CASE("a cluster without a controller is taken as it is after the second silence") {
  topic_opening opening{"orders", topic_kind::changes, true};
  (void)opening.next(start);
  opening.described(answer_with(RD_KAFKA_RESP_ERR__TIMED_OUT), start);
  CHECK_FALSE(opening.is_open());
  (void)opening.next(start + 10s);
  opening.described(answer_with(RD_KAFKA_RESP_ERR__TIMED_OUT), start + 10s);
  CHECK(opening.is_open());
  CHECK(opening.limit_is_assumed());
}

}  // namespace
}  // namespace weir::kafka
