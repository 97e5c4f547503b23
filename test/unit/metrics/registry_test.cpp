#include <metrics/metrics.hpp>

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <unistd.h>

using weir::metrics::metric;
using weir::metrics::registry;

namespace {

bool holds(const std::string& text, const std::string& line) {
  return text.find(line + "\n") != std::string::npos;
}

double figure(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name + " ");
  REQUIRE(at != std::string::npos);
  return std::stod(text.substr(at + name.size() + 2));
}

}  // namespace

TEST_CASE("002-13 a series is rendered with its help, its type and its labels in the table's order") {
  registry figures;
  figures.counter(metric::changes_total, {"all", "insert", "taken"}).add(3);
  figures.gauge(metric::lag_bytes, {"confirmed"}).set(42);
  const auto text = figures.render();
  CHECK(holds(text, "# TYPE weir_changes_total counter"));
  CHECK(holds(text, R"(weir_changes_total{listener="all",operation="insert",outcome="taken"} 3)"));
  CHECK(holds(text, R"(weir_lag_bytes{stage="confirmed"} 42)"));
  CHECK(text.find("# HELP weir_lag_bytes ") != std::string::npos);
}

TEST_CASE("the same labels name the same series") {
  registry figures;
  figures.counter(metric::reconnects_total, {"postgres", "lost"}).add();
  figures.counter(metric::reconnects_total, {"postgres", "lost"}).add();
  CHECK(figures.counter(metric::reconnects_total, {"postgres", "lost"}).value() == 2);
}

TEST_CASE("a counter follows a plain integer and never falls") {
  registry figures;
  auto total = figures.counter(metric::kafka_sent_bytes_total);
  total.set_to(10);
  total.set_to(7);
  CHECK(total.value() == 10);
  total.set_to(12);
  CHECK(total.value() == 12);
}

TEST_CASE("plain integers are copied when somebody asks, for as long as the registration lives") {
  registry figures;
  std::uint64_t lanes = 0;
  auto shown = figures.gauge(metric::lanes);
  {
    const auto copied = figures.before_render([&] { shown.set(static_cast<double>(lanes)); });
    lanes = 7;
    CHECK(holds(figures.render(), "weir_lanes 7"));
  }
  lanes = 8;
  CHECK(holds(figures.render(), "weir_lanes 7"));
}

TEST_CASE("a registration that is replaced by another ends") {
  registry figures;
  int first = 0;
  int second = 0;
  auto kept = figures.before_render([&] { ++first; });
  kept = figures.before_render([&] { ++second; });
  (void)figures.render();
  CHECK(first == 0);
  CHECK(second == 1);
}

TEST_CASE("series that are replaced as a whole vanish when they are not named again") {
  registry figures;
  figures.replace(metric::slot_info, {{{"reserved"}, 1}});
  figures.replace(metric::slot_info, {{{"extended"}, 1}});
  const auto text = figures.render();
  CHECK(holds(text, R"(weir_slot_info{wal_status="extended"} 1)"));
  CHECK(text.find("reserved\"") == std::string::npos);
  figures.replace(metric::slot_info, {});
  CHECK(figures.render().find("weir_slot_info") == std::string::npos);
}

TEST_CASE("a histogram counts by its buckets") {
  registry figures;
  figures.histogram(metric::delivery_seconds).observe(0.003);
  const auto text = figures.render();
  CHECK(holds(text, R"(weir_delivery_seconds_bucket{le="0.002"} 0)"));
  CHECK(holds(text, R"(weir_delivery_seconds_bucket{le="0.005"} 1)"));
  CHECK(holds(text, "weir_delivery_seconds_count 1"));
}

TEST_CASE("what does not fit the table is a mistake of the program") {
  registry figures;
  CHECK_THROWS_AS(figures.gauge(metric::changes_total, {"a", "b", "c"}), std::logic_error);
  CHECK_THROWS_AS(figures.counter(metric::changes_total, {"a"}), std::logic_error);
  CHECK_THROWS_AS(figures.counter(metric::run), std::logic_error);
  CHECK_THROWS_AS(figures.replace(metric::slot_info, {{{}, 1}}), std::logic_error);
}

TEST_CASE("the process tells of itself under the usual names") {
  registry figures;
  const auto before = figure(figures.render(), "process_open_fds");
  const int extra = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const auto text = figures.render();
  ::close(extra);
  CHECK(figure(text, "process_open_fds") == before + 1);
  CHECK(figure(text, "process_resident_memory_bytes") > 1024 * 1024);
  CHECK(figure(text, "process_virtual_memory_bytes") >= figure(text, "process_resident_memory_bytes"));
  CHECK(figure(text, "process_threads") >= 1);
  CHECK(figure(text, "process_max_fds") > 0);
  CHECK(figure(text, "process_cpu_seconds_total") >= 0);
  const auto now = static_cast<double>(::time(nullptr));
  CHECK(figure(text, "process_start_time_seconds") > now - 24 * 3600);
  CHECK(figure(text, "process_start_time_seconds") <= now + 2);
  CHECK(text.find("weir_build_info{version=\"") != std::string::npos);
}

TEST_CASE("every figure has a name of its own, a sentence, and a row in the documentation") {
  std::set<std::string_view> names;
  const auto markdown = weir::metrics::metrics_as_markdown();
  for (const auto& each : weir::metrics::metrics_table()) {
    INFO(each.name);
    CHECK(names.insert(each.name).second);
    CHECK(each.help.ends_with('.'));
    CHECK((each.name.starts_with("weir_") || each.name.starts_with("process_")));
    CHECK((each.type == weir::metrics::kind::counter) == each.name.ends_with("_total"));
    CHECK((each.type == weir::metrics::kind::histogram) == !each.buckets.empty());
    CHECK(markdown.find("| `" + std::string{each.name} + "` |") != std::string::npos);
  }
}
