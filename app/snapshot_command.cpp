#include "snapshot_command.hpp"

#include "admin_client.hpp"
#include "one_task.hpp"
#include "wiring.hpp"

#include <async/condition.hpp>
#include <async/deadline.hpp>
#include <base/failure.hpp>
#include <postgres/connection.hpp>
#include <postgres/publication.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <cctype>
#include <cstdio>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

constexpr auto answer_bound = 5s;
/// For the order to be stored: a Weir that is just starting, or whose broker is away, takes a while.
constexpr auto stored_bound = 60s;
constexpr auto look_interval = 250ms;
constexpr auto tell_interval = 5s;

std::string encoded(std::string_view text) {
  std::string made;
  for (const char each : text) {
    if (std::isalnum(static_cast<unsigned char>(each)) != 0 || each == '.' || each == '_' || each == '-') {
      made += each;
    } else {
      made += fmt::format("%{:02X}", static_cast<unsigned char>(each));
    }
  }
  return made;
}

std::string target_for(const std::vector<std::string>& tables) {
  std::string target = "/snapshot";
  for (const auto& each : tables) target += (target.size() == 9 ? "?table=" : "&table=") + encoded(each);
  return target;
}

/// What /status says of snapshots.
struct seen_orders {
  std::uint64_t taken = 0, stored = 0, ended = 0, problem_of = 0;
  std::string problem;
  std::string progress;
  bool is_active = false;
};

seen_orders orders_in(const std::string& status) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::element part;
  seen_orders seen;
  if (parser.parse(status).get(root) != simdjson::SUCCESS || root["snapshot"].get(part) != simdjson::SUCCESS) {
    throw failure{verdict::permanent, "no_answer", "the Weir that answers knows no snapshots"};
  }
  const auto number = [&](const char* name, std::uint64_t& into) {
    if (part["orders"][name].get(into) != simdjson::SUCCESS) into = 0;
  };
  number("taken", seen.taken);
  number("stored", seen.stored);
  number("ended", seen.ended);
  number("problem_of", seen.problem_of);
  const auto text = [&](simdjson::simdjson_result<simdjson::dom::element> from, std::string& into) {
    if (std::string_view found; from.get(found) == simdjson::SUCCESS) into = found;
  };
  text(part["orders"]["problem"], seen.problem);
  text(part["progress"], seen.progress);
  if (part["is_active"].get(seen.is_active) != simdjson::SUCCESS) seen.is_active = false;
  return seen;
}

class order {
 public:
  order(async::executor on, async::blocking_pool& pool, const config::settings& with,
        std::vector<std::string> tables, bool waits)
      : on_(on), pool_(pool), with_(with), tables_(std::move(tables)), waits_(waits), never_(on) {}

  async::awaitable<exit_code> carry_out(async::self me) {
    co_await check_tables(me);
    const auto answer = co_await ask(me, true, target_for(tables_));
    if (answer.status != 202) {
      fmt::print(stderr, "not taken ({}): {}\n", answer.status, answer.body);
      co_return exit_code::failed;
    }
    simdjson::dom::parser parser;
    std::uint64_t number = 0;
    if (parser.parse(answer.body)["order"].get(number) != simdjson::SUCCESS) number = 0;
    const auto code = co_await until_stored(me, number);
    co_return code == exit_code::clean&& waits_ ? co_await until_delivered(me, number) : code;
  }

 private:
  async::awaitable<> check_tables(async::self me) {
    const postgres::table_patterns wanted{tables_};
    const auto session =
        co_await postgres::connection::open(me, pool_, endpoint_of(with_), postgres::session::ordinary);
    const auto published = co_await postgres::read_published_tables(me, *session, with_.publication);
    auto missing = wanted.missing(published);
    for (const auto& each : wanted.idle(published)) missing.push_back(each);
    if (missing.empty()) co_return;
    throw failure{verdict::permanent, "tables",
                  fmt::format("publication \"{0}\" has no table {1}: alter publication \"{0}\" add table {1}",
                              with_.publication, fmt::join(missing, ", "))};
  }

  async::awaitable<admin_answer> ask(async::self me, bool is_order, std::string target) {
    try {
      co_return co_await me.wait(
          "an answer of the running Weir", answer_bound,
          async::with_deadline(ask_admin(on_, with_, is_order, std::move(target)),
                               steady_clock::now() + answer_bound, "an answer of the running Weir"));
    } catch (const std::exception& why) {
      throw failure{verdict::permanent, "no_answer",
                    fmt::format("nobody answers on {}:{} (WEIR_HTTP): {}; start weir with these settings, or "
                                "give this command where it runs",
                                with_.http.host, with_.http.port, why.what())};
    }
  }

  async::awaitable<seen_orders> look(async::self me) {
    const auto answer = co_await ask(me, false, "/status");
    if (answer.status == 200) co_return orders_in(answer.body);
    throw failure{verdict::permanent, "no_answer",
                  fmt::format("/status says {}: {}", answer.status, answer.body)};
  }

  async::awaitable<exit_code> until_stored(async::self me, std::uint64_t number) {
    const auto until = steady_clock::now() + stored_bound;
    while (true) {
      const auto seen = co_await look(me);
      if (seen.stored >= number || seen.ended >= number) {
        fmt::print("the order is stored: weir reads {} beside the stream\n", fmt::join(tables_, ", "));
        co_return exit_code::clean;
      }
      if (steady_clock::now() >= until) {
        fmt::print(stderr,
                   "the order is taken, but not stored yet, so a restart would forget it: /ready says why\n");
        co_return exit_code::failed;
      }
      co_await me.wait("the next look", look_interval, never_.wait_until(steady_clock::now() + look_interval));
    }
  }

  async::awaitable<exit_code> until_delivered(async::self me, std::uint64_t number) {
    auto next_told = steady_clock::now() + tell_interval;
    while (true) {
      const auto seen = co_await look(me);
      // After a restart orders are counted anew; what was stored goes on.
      const bool is_over = seen.taken < number ? !seen.is_active : seen.ended >= number;
      if (seen.problem_of >= number) {
        fmt::print(stderr, "given up: {}\n", seen.problem);
        co_return exit_code::failed;
      }
      if (is_over) {
        fmt::print("done\n");
        co_return exit_code::clean;
      }
      if (steady_clock::now() >= next_told) {
        next_told = steady_clock::now() + tell_interval;
        fmt::print(stderr, "{}\n", seen.progress);
      }
      co_await me.wait("the next look", look_interval, never_.wait_until(steady_clock::now() + look_interval));
    }
  }

  async::executor on_;
  async::blocking_pool& pool_;
  const config::settings& with_;
  std::vector<std::string> tables_;
  bool waits_;
  async::condition never_;
};

async::awaitable<> carry_out(async::self me, order* what, exit_code* code) {
  *code = co_await what->carry_out(me);
}

}  // namespace

exit_code snapshot_command(const config::settings& with, const std::vector<std::string>& tables, bool waits) {
  auto code = exit_code::failed;
  std::unique_ptr<order> what;
  try {
    run_one_task("snapshot", [&](async::self me, async::executor on, async::blocking_pool& pool) {
      what = std::make_unique<order>(on, pool, with, tables, waits);
      return carry_out(me, what.get(), &code);
    });
  } catch (const std::exception& why) {
    fmt::print(stderr, "weir snapshot: {}\n", why.what());
    return exit_code::failed;
  }
  return code;
}

}  // namespace weir::app
