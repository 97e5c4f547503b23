#include <postgres/connection.hpp>

#include <libpq-fe.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include <exception>
#include <utility>
#include <vector>

#include <async/deadline.hpp>
#include <base/failure.hpp>
#include <base/log.hpp>
#include <postgres/connect_plan.hpp>
#include <postgres/server_error.hpp>

#include <boost/asio/this_coro.hpp>

namespace weir::postgres {
namespace {

using libpq_result = std::unique_ptr<PGresult, decltype(&PQclear)>;

void log_notice(void*, const PGresult* notice) {
  const char* text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  if (text != nullptr) log::debug("PostgreSQL says: {}", text);
}

std::string field(const PGresult* of, int code) {
  const char* text = PQresultErrorField(of, code);
  return text != nullptr ? text : "";
}

std::exception_ptr error_of(const PGresult* failed, std::string_view during) {
  const auto code = field(failed, PG_DIAG_SQLSTATE);
  auto text = field(failed, PG_DIAG_MESSAGE_PRIMARY);
  if (text.empty()) text = plain_message(PQresultErrorMessage(failed));
  if (const auto detail = field(failed, PG_DIAG_MESSAGE_DETAIL); !detail.empty()) text += " (" + detail + ")";
  const auto is = classify(code);
  return std::make_exception_ptr(server_error{is.decision, std::string{is.reason},
                                              fmt::format("PostgreSQL refused {}: {} [{}]", during, text, code),
                                              code});
}

result copy_rows(const PGresult* from) {
  std::vector<std::string> columns;
  for (int column = 0; column < PQnfields(from); ++column) columns.emplace_back(PQfname(from, column));
  std::vector<std::vector<result::cell>> rows;
  for (int row = 0; row < PQntuples(from); ++row) {
    auto& cells = rows.emplace_back();
    for (int column = 0; column < PQnfields(from); ++column) {
      if (PQgetisnull(from, row, column) != 0) {
        cells.emplace_back();
      } else {
        cells.emplace_back(std::string(PQgetvalue(from, row, column),
                                       static_cast<std::size_t>(PQgetlength(from, row, column))));
      }
    }
  }
  return {std::move(columns), std::move(rows)};
}

/// The beginning of a statement, for sentences.
std::string named(std::string_view statement) {
  constexpr std::size_t longest = 60;
  return fmt::format("`{}{}`", statement.substr(0, longest), statement.size() > longest ? "..." : "");
}

pg_conn* start(const std::vector<connect_plan::parameter>& parameters) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : parameters) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectStartParams(keywords.data(), values.data(), 0);
}

double seconds(steady_clock::duration of) { return std::chrono::duration<double>(of).count(); }

/// What to say when no address let us in: what can pass by itself comes first, since waiting for it can help.
class refusals {
 public:
  void note(std::exception_ptr raised, verdict decision) {
    auto& place = decision == verdict::retry ? passing_ : lasting_;
    if (!place) place = std::move(raised);
  }
  [[noreturn]] void raise() const { std::rethrow_exception(passing_ ? passing_ : lasting_); }

 private:
  std::exception_ptr passing_;
  std::exception_ptr lasting_;
};

async::awaitable<std::vector<address>> resolved(async::self me, async::blocking_pool& pool, address named,
                                                steady_clock::duration bound) {
  if (!named.needs_resolving()) co_return std::vector{named};
  std::vector<std::string> numeric;
  try {
    auto lookup = pool.run(me, "resolve " + named.host, [name = named.host] { return resolve(name); });
    numeric = co_await async::with_deadline(std::move(lookup), steady_clock::now() + bound, named.host);
  } catch (const async::deadline_exceeded&) {
    throw failure{verdict::retry, "unreachable",
                  fmt::format("the name server did not answer for PostgreSQL's host \"{}\" within {} s",
                              named.host, seconds(bound))};
  }
  std::vector<address> all;
  for (const auto& each : numeric) all.push_back({named.host, each, named.port});
  co_return all;
}

}  // namespace

struct connection::attempt {
  std::vector<connect_plan::parameter> parameters;
  address at;
  steady_clock::duration bound{};
};

void connection::finish::operator()(pg_conn* handle) const noexcept { PQfinish(handle); }
void copied_row::release::operator()(char* memory) const noexcept { PQfreemem(memory); }

connection::connection(async::executor on, pg_conn* handle) : handle_(handle), socket_(std::move(on)) {}

connection::~connection() = default;

async::awaitable<std::unique_ptr<connection>> connection::open(async::self me, async::blocking_pool& pool,
                                                               endpoint to, session kind) {
  const auto plan = connect_plan::make(to.conninfo ? to.conninfo() : std::string{}, kind);
  const steady_clock::duration bound =
      plan.timeout ? steady_clock::duration{*plan.timeout} : to.attempt_timeout;
  refusals refused;
  std::vector<address> addresses;
  for (const auto& each : plan.hosts) {
    try {
      for (auto& found : co_await resolved(me, pool, each, bound)) addresses.push_back(std::move(found));
    } catch (const failure& why) {
      refused.note(std::current_exception(), why.decision());
    }
  }
  for (const auto& target : plan.targets) {
    for (const auto& each : addresses) {
      try {
        co_return co_await try_address(me, attempt{plan.parameters(each, target), each, bound});
      } catch (const failure& why) {
        refused.note(std::current_exception(), why.decision());
      }
    }
  }
  refused.raise();
}

async::awaitable<std::unique_ptr<connection>> connection::try_address(async::self me, attempt with) {
  std::unique_ptr<connection> opened{
      new connection{co_await boost::asio::this_coro::executor, start(with.parameters)}};
  try {
    co_await async::with_deadline(opened->handshake(me, with.bound), steady_clock::now() + with.bound,
                                  "connect");
  } catch (const async::deadline_exceeded&) {
    throw failure{verdict::retry, "unreachable",
                  fmt::format("PostgreSQL at {} (port {}) did not let Weir in within {} s",
                              with.at.hostaddr.empty() ? with.at.host : with.at.hostaddr, with.at.port,
                              seconds(with.bound))};
  }
  // Such a database does not know what its bytes mean. Asked for UTF-8 it ends the stream at the first text
  // that is none; as they are, that text alone can be refused.
  const auto* encoding = PQparameterStatus(opened->handle_.get(), "server_encoding");
  if (encoding != nullptr && std::string_view{encoding} == "SQL_ASCII") {
    co_await opened->query(me, "set client_encoding = 'SQL_ASCII'", with.bound);
  }
  co_return std::move(opened);
}

async::awaitable<> connection::handshake(async::self me, steady_clock::duration bound) {
  auto* handle = handle_.get();
  if (handle == nullptr) throw std::bad_alloc{};
  const auto fail = [handle] {
    std::rethrow_exception(connect_failure(PQerrorMessage(handle), PQconnectionNeedsPassword(handle) != 0));
  };
  PQsetNoticeReceiver(handle, log_notice, nullptr);
  // The code of a refused connection is found in the verbose form only.
  PQsetErrorVerbosity(handle, PQERRORS_VERBOSE);
  if (PQstatus(handle) == CONNECTION_BAD) fail();
  auto wanted = PGRES_POLLING_WRITING;
  while (wanted != PGRES_POLLING_OK) {
    // libpq may close its socket and open another with the same number: the registration must not outlive the
    // call.
    socket_.watch(PQsocket(handle));
    co_await me.wait("PostgreSQL to let us in", bound,
                     wanted == PGRES_POLLING_READING ? socket_.readable() : socket_.writable());
    socket_.reset();
    wanted = PQconnectPoll(handle);
    if (wanted == PGRES_POLLING_FAILED) fail();
  }
  PQsetErrorVerbosity(handle, PQERRORS_DEFAULT);
  if (PQsetnonblocking(handle, 1) != 0) fail_broken("the start of the session");
  socket_.watch(PQsocket(handle));
}

async::awaitable<result> connection::query(async::self me, std::string sql, steady_clock::duration bound) {
  const auto what = named(sql);
  auto answer = co_await bounded(me, std::move(sql), bound);
  if (answer.is_copying) throw std::logic_error{what + " started a COPY"};
  co_return std::move(answer.rows);
}

async::awaitable<> connection::start_copy(async::self me, std::string command, steady_clock::duration bound) {
  const auto what = named(command);
  const auto answer = co_await bounded(me, std::move(command), bound);
  if (!answer.is_copying) {
    throw failure{verdict::corrupt, "protocol",
                  fmt::format("PostgreSQL did not start a stream after {}", what)};
  }
}

async::awaitable<connection::reply> connection::bounded(async::self me, std::string sql,
                                                        steady_clock::duration bound) {
  const auto what = named(sql);
  try {
    co_return co_await async::with_deadline(exchange(me, std::move(sql), bound), steady_clock::now() + bound,
                                            what);
  } catch (const async::deadline_exceeded&) {
    throw failure{verdict::retry, "silent",
                  fmt::format("PostgreSQL at {} did not answer {} within {} s", peer(), what, seconds(bound))};
  }
}

async::awaitable<connection::reply> connection::exchange(async::self me, std::string sql,
                                                         steady_clock::duration bound) {
  auto* handle = handle_.get();
  const auto what = named(sql);
  // A replication session knows the simple protocol only.
  if (PQsendQuery(handle, sql.c_str()) == 0) fail_broken(what);
  co_await flush(me);
  reply answer;
  std::exception_ptr error;
  while (true) {
    while (PQisBusy(handle) != 0) {
      co_await me.wait("an answer of PostgreSQL", bound, socket_.readable());
      if (PQconsumeInput(handle) == 0) fail_broken(what);
    }
    const libpq_result part{PQgetResult(handle), &PQclear};
    if (!part) break;
    const auto status = PQresultStatus(part.get());
    if (status == PGRES_COPY_BOTH || status == PGRES_COPY_OUT) {
      answer.is_copying = true;
      break;
    }
    if (status == PGRES_TUPLES_OK) {
      answer.rows = copy_rows(part.get());
    } else if (status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY && !error) {
      if (PQstatus(handle) == CONNECTION_BAD && field(part.get(), PG_DIAG_SQLSTATE).empty()) fail_broken(what);
      error = error_of(part.get(), what);
    }
  }
  if (error) std::rethrow_exception(error);
  co_return answer;
}

async::awaitable<> connection::flush(async::self me) {
  while (true) {
    const int rest = PQflush(handle_.get());
    if (rest < 0) fail_broken("sending");
    if (rest == 0) co_return;
    // Waiting for the writable side alone can deadlock: the server may wait for us to read.
    co_await me.wait("PostgreSQL to take a query", statement_bound, socket_.either());
    if (PQconsumeInput(handle_.get()) == 0) fail_broken("sending");
  }
}

connection::copy_step connection::take_copied() {
  char* frame = nullptr;
  const int size = PQgetCopyData(handle_.get(), &frame, 1);
  copied_.reset(frame);
  if (size > 0) return {copied::frame, {frame, static_cast<std::size_t>(size)}};
  if (size == 0) return {copied::none, {}};
  if (size < -1) fail_broken("reading the stream");
  // The message that ended the stream is here in full, so this does not wait.
  const libpq_result last{PQgetResult(handle_.get()), &PQclear};
  if (last && PQresultStatus(last.get()) == PGRES_FATAL_ERROR) {
    if (field(last.get(), PG_DIAG_SQLSTATE).empty()) fail_broken("reading the stream");
    std::rethrow_exception(error_of(last.get(), "to go on with the stream"));
  }
  return {copied::ended, {}};
}

connection::copied connection::take_copied(copied_row& into) {
  into.memory_.reset();  // before the next one is there: both may be large
  char* row = nullptr;
  const int size = PQgetCopyData(handle_.get(), &row, 1);
  into.memory_.reset(row);
  into.size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
  if (size > 0) return copied::frame;
  if (size < -1) fail_broken("reading a table");
  return size == 0 ? copied::none : copied::ended;
}

async::awaitable<> connection::close_copy(async::self me, steady_clock::duration bound) {
  auto* handle = handle_.get();
  std::exception_ptr error;
  while (true) {
    while (PQisBusy(handle) != 0) {
      co_await me.wait("the end of a COPY", bound, socket_.readable());
      if (PQconsumeInput(handle) == 0) fail_broken("reading a table");
    }
    const libpq_result part{PQgetResult(handle), &PQclear};
    if (!part) break;
    if (PQresultStatus(part.get()) == PGRES_COMMAND_OK || error) continue;
    if (PQstatus(handle) == CONNECTION_BAD && field(part.get(), PG_DIAG_SQLSTATE).empty()) {
      fail_broken("reading a table");
    }
    error = error_of(part.get(), "to read a table to its end");
  }
  if (error) std::rethrow_exception(error);
}

void connection::receive() {
  if (PQconsumeInput(handle_.get()) == 0) fail_broken("reading the stream");
}

async::awaitable<> connection::readable() { co_await socket_.readable(); }

async::awaitable<> connection::send_copied(async::self me, std::string frame) {
  while (true) {
    const int queued = PQputCopyData(handle_.get(), frame.data(), static_cast<int>(frame.size()));
    if (queued < 0) fail_broken("answering the stream");
    if (queued > 0) break;
    co_await me.wait("PostgreSQL to take a status", statement_bound, socket_.writable());
    if (PQflush(handle_.get()) < 0) fail_broken("answering the stream");
  }
  co_await flush_copy(me);
}

async::awaitable<> connection::end_copy(async::self me) {
  if (PQputCopyEnd(handle_.get(), nullptr) < 0) fail_broken("ending the stream");
  co_await flush_copy(me);
}

async::awaitable<> connection::flush_copy(async::self me) {
  while (true) {
    const int rest = PQflush(handle_.get());
    if (rest < 0) fail_broken("answering the stream");
    if (rest == 0) co_return;
    // Only the writable side: reading belongs to the reader, who may be waiting for room. The server takes
    // answers even while it cannot write, so this cannot deadlock.
    co_await me.wait("PostgreSQL to take a status", statement_bound, socket_.writable());
  }
}

void connection::fail_broken(std::string_view during) const {
  throw failure{verdict::retry, "connection_lost",
                fmt::format("the connection to PostgreSQL at {} broke during {}: {}", peer(), during,
                            plain_message(PQerrorMessage(handle_.get())))};
}

std::string connection::quote_name(std::string_view name) const {
  const std::unique_ptr<char, free_copied> quoted{PQescapeIdentifier(handle_.get(), name.data(), name.size())};
  if (!quoted) throw failure{verdict::permanent, "configuration", fmt::format("\"{}\" cannot be a name", name)};
  return quoted.get();
}

std::string connection::quote_text(std::string_view text) const {
  const std::unique_ptr<char, free_copied> quoted{PQescapeLiteral(handle_.get(), text.data(), text.size())};
  if (!quoted) throw failure{verdict::permanent, "configuration", fmt::format("\"{}\" cannot be quoted", text)};
  return quoted.get();
}

int connection::server_version() const { return PQserverVersion(handle_.get()); }

std::string connection::database() const {
  const char* name = PQdb(handle_.get());
  return name != nullptr ? name : "";
}

std::string connection::user() const {
  const char* name = PQuser(handle_.get());
  return name != nullptr ? name : "";
}

std::string connection::peer() const {
  const char* host = PQhost(handle_.get());
  const char* port = PQport(handle_.get());
  return fmt::format("{}:{}", host != nullptr && *host != '\0' ? host : "the default socket",
                     port != nullptr ? port : "");
}

std::optional<std::chrono::microseconds> connection::round_trip() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  // Fails on a Unix socket.
  if (getsockopt(PQsocket(handle_.get()), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return std::chrono::microseconds{info.tcpi_rtt};
}

void connection::set_receive_buffer(int size) {
  // A refusal costs speed only.
  (void)setsockopt(PQsocket(handle_.get()), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

}  // namespace weir::postgres
