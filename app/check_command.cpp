#include "check_command.hpp"

#include "document_tables.hpp"
#include "document_view.hpp"
#include "one_task.hpp"
#include "schema_registrar.hpp"
#include "wiring.hpp"

#include <cstdio>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

/// For everything that the brokers are asked.
constexpr auto broker_bound = 15s;

struct counted {
  unsigned warnings = 0;
  unsigned mistakes = 0;

  void print(const char* mark, const std::string& object, const std::string& sentence) {
    fmt::print("{:<8} {}: {}\n", mark, object, sentence);
  }
  void add(const postgres::finding& each) {
    switch (each.is) {
      case postgres::severity::ok:
        return print("ok", each.object, each.sentence);
      case postgres::severity::warning:
        ++warnings;
        return print("warning", each.object, each.sentence);
      case postgres::severity::error:
        ++mistakes;
        return print("MISTAKE", each.object, each.sentence);
    }
  }
  void add(const config::mistake& each) {
    ++mistakes;
    fmt::print("{:<8} {}\n", "MISTAKE", config::to_string(each));
  }
  void add(const kafka::finding& each) {
    switch (each.is) {
      case kafka::finding::severity::fine:
        return print("ok", each.object, each.sentence);
      case kafka::finding::severity::warning:
        ++warnings;
        return print("warning", each.object, each.sentence);
      case kafka::finding::severity::mistake:
        ++mistakes;
        return print("MISTAKE", each.object, each.sentence);
    }
  }
};

/// Moves nothing: asks for the names of what is registered.
async::awaitable<> look_at_registry(async::self me, async::blocking_pool* pool, const config::settings* with,
                                    counted* into) {
  registry::client client{*pool, registry_options_of(*with)};
  std::string wrong;
  try {
    const auto where = co_await client.probe(me);
    into->print("ok", "schema registry", where + " answers");
    co_return;
  } catch (const failure& why) {
    wrong = why.what();
  }
  ++into->mistakes;
  into->print("MISTAKE", "schema registry", wrong);
}

async::awaitable<> look(async::self me, async::executor on, async::blocking_pool* pool,
                        const config::settings* with, counted* into) {
  std::vector<postgres::finding> described;
  std::vector<config::mistake> mistakes;
  auto looking = preflight_settings_of(*with);
  looking.judge = [with, &described, &mistakes](const auto& tables, const std::string& where) {
    described = describe_document(*with, tables);
    mistakes = check_tables(*with, tables, where);
  };
  for (const auto& each : co_await postgres::preflight(me, *pool, looking)) into->add(each);
  for (const auto& each : described) into->add(each);
  for (const auto& each : mistakes) into->add(each);
  if (writes_avro(*with)) co_await look_at_registry(me, pool, with, into);
  if (with->sink != config::sink_kind::kafka) co_return;
  const auto until = steady_clock::now() + broker_bound;
  auto found = kafka::preflight(me, on, *pool, kafka_options_of(*with), topics_of(*with), until);
  for (const auto& each : co_await std::move(found)) into->add(each);
}

}  // namespace

exit_code check_command(const config::settings& with) {
  counted found;
  run_one_task("check", [&](async::self me, async::executor on, async::blocking_pool& pool) {
    return look(me, std::move(on), &pool, &with, &found);
  });
  fmt::print("{} mistakes, {} warnings\n", found.mistakes, found.warnings);
  return found.mistakes == 0 ? exit_code::clean : exit_code::failed;
}

}  // namespace weir::app
