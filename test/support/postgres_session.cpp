#include <support/postgres_session.hpp>

#include <libpq-fe.h>
#include <support/eventually.hpp>

#include <array>

namespace weir::support {
namespace {

/// First, so that what the caller says counts.
constexpr const char* bounds = "connect_timeout=10 options='-c statement_timeout=60s' ";

std::string text_of(const char* text) { return text == nullptr ? std::string{} : std::string{text}; }

}  // namespace

void postgres_session::close::operator()(pg_conn* connection) const { PQfinish(connection); }
void postgres_session::clear::operator()(pg_result* result) const { PQclear(result); }

postgres_session::postgres_session(const std::string& conninfo)
    : connection_(PQconnectdb((bounds + conninfo).c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    throw sql_error{"", "could not connect: " + text_of(PQerrorMessage(connection_.get()))};
  }
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
}

postgres_session::~postgres_session() = default;
postgres_session::postgres_session(postgres_session&&) noexcept = default;
postgres_session& postgres_session::operator=(postgres_session&&) noexcept = default;

std::unique_ptr<pg_result, postgres_session::clear> postgres_session::run(const std::string& sql) {
  std::unique_ptr<pg_result, clear> result{PQexec(connection_.get(), sql.c_str())};
  const auto status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return result;
  const auto code = text_of(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE));
  throw sql_error{code, text_of(PQerrorMessage(connection_.get())) + "in: " + sql};
}

void postgres_session::exec(const std::string& sql) { (void)run(sql); }

sql_rows postgres_session::query(const std::string& sql) {
  const auto result = run(sql);
  sql_rows rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    auto& fields = rows[static_cast<std::size_t>(row)];
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      const bool is_null = PQgetisnull(result.get(), row, column) != 0;
      fields.emplace_back(is_null ? sql_null : PQgetvalue(result.get(), row, column));
    }
  }
  return rows;
}

std::string postgres_session::value(const std::string& sql) {
  auto rows = query(sql);
  if (rows.empty() || rows.front().empty()) throw sql_error{"", "no row came from: " + sql};
  return std::move(rows.front().front());
}

void postgres_session::begin(const std::string& sql) {
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1)
    throw sql_error{"", text_of(PQerrorMessage(connection_.get()))};
}

bool postgres_session::is_busy() {
  return PQconsumeInput(connection_.get()) == 1 && PQisBusy(connection_.get()) == 1;
}

void postgres_session::finish(std::chrono::milliseconds bound) {
  if (!eventually([this] { return !is_busy(); }, bound)) throw sql_error{"", "a statement took too long"};
  while (std::unique_ptr<pg_result, clear> result{PQgetResult(connection_.get())}) {
    if (PQresultStatus(result.get()) != PGRES_FATAL_ERROR) continue;
    throw sql_error{text_of(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE)),
                    text_of(PQerrorMessage(connection_.get()))};
  }
}

void postgres_session::cancel() {
  using request = std::unique_ptr<PGcancel, decltype(&PQfreeCancel)>;
  const request asking{PQgetCancel(connection_.get()), &PQfreeCancel};
  std::array<char, 256> why{};
  if (PQcancel(asking.get(), why.data(), static_cast<int>(why.size())) != 1) throw sql_error{"", why.data()};
}

bool postgres_session::is_open() const { return PQstatus(connection_.get()) == CONNECTION_OK; }

int postgres_session::backend_pid() const { return PQbackendPID(connection_.get()); }

}  // namespace weir::support
