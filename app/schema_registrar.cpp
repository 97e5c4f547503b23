#include "schema_registrar.hpp"

#include <base/backoff.hpp>
#include <base/failure.hpp>
#include <base/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

/// Between two looks at what the registry refused.
constexpr auto refusals_interval = 30s;

}  // namespace

bool writes_avro(const config::settings& with) {
  const auto& targets = with.document.targets;
  return std::any_of(targets.begin(), targets.end(), [&](const config::target& each) {
    return each.writes_as.value_or(with.format) == config::format::avro;
  });
}

registry::options registry_options_of(const config::settings& with) {
  registry::options options;
  for (const auto& each : with.registry) {
    if (auto url = registry::base_url::parse(each)) options.urls.push_back(std::move(*url));
  }
  options.who = [user = with.registry_user, password = with.registry_password] {
    return user.empty() ? registry::credentials{} : registry::credentials{user, password.read()};
  };
  options.connect_timeout = with.connect_timeout;
  return options;
}

/// Also when it ends by a cancellation.
class schema_registrar::asking {
 public:
  explicit asking(schema_registrar& of) : of_(of) { of_.asking_since_ = steady_clock::now(); }
  ~asking() { of_.asking_since_.reset(); }
  asking(const asking&) = delete;
  asking& operator=(const asking&) = delete;

 private:
  schema_registrar& of_;
};

schema_registrar::schema_registrar(async::executor on, async::blocking_pool& pool, const config::settings& with,
                                   pipeline::flow& into)
    : with_(with),
      flow_(into),
      is_needed_(writes_avro(with)),
      client_(pool, registry_options_of(with)),
      never_(std::move(on)) {}

async::awaitable<> schema_registrar::prepare(async::self me, const event::relation* table) {
  backoff retries{with_.retry_min, with_.retry_max};
  const auto give_up = steady_clock::now() + with_.hang_up_after;
  for (const auto& each : flow_.missing_schemas(table)) {
    for (;;) {
      std::optional<failure> failed;
      try {
        const asking mark{*this};
        co_await enrol(me, each);
        break;
      } catch (const failure& why) {
        failed = why;
      }
      if (failed->what() != waits_because_) log::warn("reading waits: {}", failed->what());
      waits_because_ = failed->what();
      flow_.changed().notify_all();
      const auto again = steady_clock::now() + retries.next();
      // Whatever is wrong with it, it is waited for, as brokers are.
      if (again >= give_up) throw failure{verdict::retry, failed->reason(), failed->what()};
      co_await me.wait("the next request to the schema registry", with_.retry_max, never_.wait_until(again));
    }
  }
  if (!waits_because_.empty()) log::info("the schema registry answers again: reading goes on");
  waits_because_.clear();
}

std::string schema_registrar::waits_because(steady_time now) const {
  if (!waits_because_.empty() || !asking_since_ || now - *asking_since_ < with_.stall_after)
    return waits_because_;
  return fmt::format("the schema registry was asked {} s ago and has not answered",
                     std::chrono::duration_cast<std::chrono::seconds>(now - *asking_since_).count());
}

async::awaitable<> schema_registrar::enrol(async::self me, pipeline::wanted_schema what) {
  auto answer = co_await client_.enrol(me, what.subject, what.schema);
  if (const auto* refused = std::get_if<registry::refusal>(&answer)) {
    log::warn("the schema registry refuses the schema of {}: {}; its records go by their target's on_error",
              what.subject, refused->sentence);
    flow_.registered(what, refused->sentence);
    co_return;
  }
  const auto id = std::get<registry::schema_id>(answer);
  log::debug("{} has a schema with the id {}", what.subject, id);
  flow_.registered(what, id);
}

async::awaitable<> schema_registrar::ask_again(async::self me) {
  for (;;) {
    const auto next = steady_clock::now() + refusals_interval;
    co_await me.wait("the next look at refused schemas", async::idle, never_.wait_until(next));
    for (const auto& each : flow_.refused_schemas()) {
      try {
        auto answer = co_await client_.enrol(me, each.subject, each.schema);
        if (const auto* id = std::get_if<registry::schema_id>(&answer)) {
          log::info("the schema registry takes the schema of {} now", each.subject);
          flow_.registered(each, *id);
        }
      } catch (const failure& why) {
        log::debug("refused schemas cannot be asked for again now: {}", why.what());
        break;
      }
    }
  }
}

}  // namespace weir::app
