#include <registry/client.hpp>

#include <async/deadline.hpp>
#include <base/failure.hpp>
#include <encode/json_text.hpp>

#include <fmt/format.h>

#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace weir::registry {
namespace {

/// Each is one version of one table's key or value; more than a process can know at a time is no cache.
constexpr std::size_t most_known = 4096;
constexpr unsigned first_of_server_errors = 500;

constexpr const char* silent = "registry_silent";

std::string cache_key(const std::string& subject, const std::string& schema) {
  return subject + '\n' + schema;  // no topic has a line break in its name
}

}  // namespace

client::client(async::blocking_pool& pool, options with) : pool_(pool), with_(std::move(with)) {}
client::~client() = default;

void client::hang_up() { kept_.reset(); }

async::awaitable<enrolment> client::enrol(async::self me, std::string subject, std::string schema) {
  const auto key = cache_key(subject, schema);
  if (const auto known = known_.find(key); known != known_.end()) co_return known->second;
  http_request what;
  what.is_post = true;
  what.target = "/subjects/" + path_segment(subject) + "/versions";
  what.body = enrolment_body(schema);
  const auto [where, said] = co_await ask(me, std::move(what));
  auto made = read_enrolment(where, subject, said.status, said.body);
  if (const auto* id = std::get_if<schema_id>(&made)) {
    if (known_.size() >= most_known) known_.clear();
    known_.emplace(key, *id);
  }
  co_return made;
}

async::awaitable<std::string> client::probe(async::self me) {
  http_request what;
  what.target = "/subjects";
  const auto [where, said] = co_await ask(me, std::move(what));
  read_subjects(where, said.status, said.body);
  co_return where;
}

async::awaitable<client::answer> client::ask(async::self me, http_request what) {
  what.authorization = authorization();
  std::optional<failure> last;
  for (std::size_t tries = 0; tries < with_.urls.size(); ++tries) {
    const auto at = (preferred_ + tries) % with_.urls.size();
    const auto& to = with_.urls[at];
    try {
      auto said = co_await ask_one(me, to, what);
      const bool is_last = tries + 1 == with_.urls.size();
      // One node that fails says nothing about its neighbours.
      if (said.status >= first_of_server_errors && !is_last) continue;
      preferred_ = at;
      co_return answer{to.text(), std::move(said)};
    } catch (const failure& why) {
      last = why;
    }
  }
  throw *last;
}

async::awaitable<http_response> client::ask_one(async::self me, base_url to, http_request what) {
  what.target = to.path + what.target;
  // Taken while in use: another task makes a connection of its own.
  if (auto kept = std::exchange(kept_, nullptr); kept && kept_to_ == to.text()) {
    try {
      auto said = co_await exchange(me, kept.get(), what, to);
      if (kept->stays()) kept_ = std::move(kept);
      co_return said;
    } catch (const failure& why) {
      if (why.reason() == silent) throw;
      // The server may have closed it meanwhile: registering twice does no harm.
    }
  }
  auto fresh = co_await me.wait("the schema registry to let us in", with_.connect_timeout,
                                http_connection::open(me, pool_, to, with_.connect_timeout));
  auto said = co_await exchange(me, fresh.get(), std::move(what), to);
  if (fresh->stays()) {
    kept_ = std::move(fresh);
    kept_to_ = to.text();
  }
  co_return said;
}

async::awaitable<http_response> client::exchange(async::self me, http_connection* over, http_request what,
                                                 base_url to) {
  const auto until = steady_clock::now() + with_.request_timeout;
  const auto broke = [&](const char* reason, const std::string& why) {
    return failure{verdict::retry, reason,
                   fmt::format("the schema registry at {} gave no answer: {}", to.text(), why)};
  };
  try {
    auto going = async::with_deadline(over->exchange(std::move(what), with_.answer_limit), until, "answer");
    co_return co_await me.wait("the schema registry's answer", with_.request_timeout, std::move(going));
  } catch (const async::deadline_exceeded&) {
    throw broke(silent,
                fmt::format("{} s have passed", std::chrono::duration<double>(with_.request_timeout).count()));
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted) throw;
    throw broke("registry_unreachable", error.code().message());
  }
}

std::string client::authorization() const {
  const auto who = with_.who ? with_.who() : credentials{};
  if (who.user.empty()) return {};
  encode::text_buffer quoted;
  encode::append_base64(quoted, who.user + ":" + who.password);
  return fmt::format("Basic {}", quoted.view(1, quoted.size() - 1));
}

}  // namespace weir::registry
