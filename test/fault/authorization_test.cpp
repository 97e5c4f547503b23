#include "running.hpp"

#include <support/free_port.hpp>

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace std::chrono_literals;

TEST_CASE(
    "002-5 the right to write to one topic is taken away in mid-stream and given back: it waits, the others go "
    "on, nothing is a dead letter") {
  const auto address = fmt::format("127.0.0.1:{}", support::free_port());
  support::kafka_server broker{support::with_authorizer(address)};
  fault::bed bed{broker};
  const std::string principal = "User:weir";
  const auto journal = bed.prefix + ".public.journal";
  const auto account = bed.prefix + ".public.account";
  for (const auto& topic : {bed.prefix + ".state", bed.prefix + ".dead-letters", account, journal})
    bed.kafka().allow(principal, topic);
  fault::running now{bed, bed.environment({{"WEIR_BROKERS", address},
                                           {"WEIR_KAFKA_SECURITY_PROTOCOL", "sasl_plaintext"},
                                           {"WEIR_KAFKA_SASL_MECHANISM", "PLAIN"},
                                           {"WEIR_KAFKA_SASL_USERNAME", "weir"},
                                           {"WEIR_KAFKA_SASL_PASSWORD", "secret"},
                                           {"WEIR_KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS", "2000"}})};
  bed.kafka().disallow(principal, journal);
  now.load.start(500, 1ms);
  now.wait_for_reason(journal + ", which takes nothing from us now");
  CHECK(now.weir.get("/health").status == 200);
  now.load.finish();

  // One run and one record at a time: the other topic is not sent again and again.
  const auto run = now.weir.metric("weir_run");
  const auto sent = bed.kafka().count(account);
  now.load.start(200);
  now.load.finish();
  now.weir.wait_for("the other topic to go on", [&] { return bed.kafka().count(account) > sent; });
  CHECK(now.weir.metric("weir_run") == run);
  CHECK(now.weir.get("/ready").status == 503);

  bed.kafka().allow(principal, journal);
  now.check_recovery();
  CHECK(bed.kafka().count(bed.prefix + ".dead-letters") == 0);
}
