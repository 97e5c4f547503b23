#include <support/bed.hpp>
#include <support/kafka_client.hpp>
#include <support/kafka_server.hpp>
#include <support/oracle.hpp>
#include <support/postgres_server.hpp>
#include <support/weir_process.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace std::chrono_literals;

namespace {

#ifdef NDEBUG
constexpr bool is_release = true;
#else
constexpr bool is_release = false;
#endif

constexpr std::uint64_t limit = 64ULL * 1024 * 1024;

}  // namespace

TEST_CASE("a transaction of a million rows takes at most 64 MiB of resident memory", "[memory]") {
  // A sanitizer's memory is its own, and so is a slow build's: there a tenth shows that the rows arrive.
  const int rows = is_release ? 1'000'000 : 100'000;
  support::postgres_server postgres;
  const auto prefix = support::unique_name("memory");
  postgres.exec(
      "create table t(id int primary key, a text, b text, c bigint, d timestamptz, e numeric, f bool, g text)");
  support::kafka_client kafka{support::shared_brokers()};
  support::weir_process weir{{{"PGHOST", "127.0.0.1"},
                              {"PGPORT", std::to_string(postgres.port())},
                              {"PGUSER", "postgres"},
                              {"PGDATABASE", "postgres"},
                              {"WEIR_BROKERS", support::shared_brokers()},
                              {"WEIR_TOPIC_PREFIX", prefix},
                              {"WEIR_SNAPSHOT", "never"}}};
  weir.wait_until_ready();
  postgres.exec(
      "insert into t select n, md5(n::text), 'row ' || n, n * 1000, now(), n / 7.0, n % 2 = 0, md5((-n)::text) "
      "from generate_series(1, " +
      std::to_string(rows) + ") n");
  weir.wait_for("all rows", [&] { return kafka.count(prefix + ".public.t") >= rows; }, 240s);
  const auto peak = support::figures_of(weir.pid()).peak_resident_bytes;
  CHECK(kafka.count(prefix + ".public.t") == rows);
  INFO("peak: " << peak / 1024 << " KiB");
  if (is_release) CHECK(peak <= limit);
  CHECK(weir.stop().code == 0);
}
