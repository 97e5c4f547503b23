#include "bed.hpp"

#include <support/free_port.hpp>

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

using namespace weir;

TEST_CASE("002-9 a broker that denies is waited for, with the reason, and goes on once it allows") {
  const auto address = fmt::format("127.0.0.1:{}", support::free_port());
  support::kafka_server broker{support::with_authorizer(address)};
  support::kafka_client admin{broker.brokers()};
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  const auto environment = bed.environment({{"WEIR_BROKERS", address},
                                            {"WEIR_RETRY_MAX", "1s"},
                                            {"WEIR_KAFKA_SECURITY_PROTOCOL", "sasl_plaintext"},
                                            {"WEIR_KAFKA_SASL_MECHANISM", "PLAIN"},
                                            {"WEIR_KAFKA_SASL_USERNAME", "weir"},
                                            {"WEIR_KAFKA_SASL_PASSWORD", "secret"}});
  support::weir_process checked{environment, {"check"}};
  CHECK(checked.wait(std::chrono::seconds{40}).code == 1);
  INFO(checked.output());
  CHECK(checked.output().find("TOPIC_AUTHORIZATION_FAILED") != std::string::npos);

  support::weir_process weir{environment};
  weir.wait_for("/ready to say that it is not allowed", [&] {
    const auto answer = weir.get("/ready");
    return answer.status == 503 && answer.body.find("uthoriz") != std::string::npos;
  });
  admin.allow("User:weir", bed.prefix);
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (1)");
  weir.wait_for("the row", [&] { return admin.count(bed.prefix + ".public.") == 1; });
  CHECK(weir.stop().code == 0);
}
