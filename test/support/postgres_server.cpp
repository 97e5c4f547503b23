#include <support/postgres_server.hpp>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>
#include <support/bed.hpp>
#include <support/eventually.hpp>
#include <support/free_port.hpp>

#include <algorithm>
#include <fstream>

namespace weir::support {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto start_bound = 60s;
constexpr auto stop_bound = 30s;
constexpr int start_tries = 5;

constexpr const char* usual_settings = R"(
listen_addresses = '127.0.0.1'
wal_level = logical
max_replication_slots = 20
max_wal_senders = 20
max_connections = 100
shared_buffers = 64MB
max_wal_size = 2GB
log_line_prefix = '%m [%p] '
)";

/// initdb once per build of the server; every later server starts from a copy.
fs::path template_of(int version) {
  const auto programs = postgres_programs(version);
  const auto stamp = fs::last_write_time(programs / "postgres").time_since_epoch().count();
  const auto wanted = bed() / "templates" / fmt::format("postgres-{}-{:x}-{}", version, stamp, ::geteuid());
  if (fs::exists(wanted)) return wanted;

  temporary_directory scratch{"weir-initdb"};
  const auto made = scratch / "data";
  fs::permissions(scratch.path(), fs::perms{0777});
  run_program({.arguments = {(programs / "initdb").string(), "-D", made.string(), "-U", "postgres", "-A",
                             "trust", "-E", "UTF8", "--no-locale", "--no-sync"},
               .environment = {{"PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=" + scratch.path().string()}},
               .as_nobody = true},
              start_bound);
  // Several processes may come here at once: the first rename wins, and all copies are equal.
  fs::create_directories(wanted.parent_path());
  const auto staged = fs::path{wanted}.concat(fmt::format(".{}", ::getpid()));
  run_program({.arguments = {"cp", "-a", made.string(), staged.string()}}, start_bound);
  std::error_code lost;
  fs::rename(staged, wanted, lost);
  if (lost) fs::remove_all(staged);
  return wanted;
}

}  // namespace

postgres_server::postgres_server(postgres_options options) : options_(std::move(options)) {
  if (options_.version == 0) options_.version = distribution_postgres();
  data_ = (options_.disk.empty() ? directory_.path() : options_.disk) / "data";
  log_ = directory_ / "log";
  fs::permissions(directory_.path(), fs::perms{0777});
  run_program(
      {.arguments = {"cp", "-a", "--reflink=auto", template_of(options_.version).string(), data_.string()}},
      start_bound);
  write_text(log_, "");
  fs::permissions(log_, fs::perms{0666});
  configure(usual_settings);
  configure(fmt::format("unix_socket_directories = '{}'", directory_.path().string()));
  if (!options_.is_durable) configure("fsync = off");
  for (const auto& line : options_.settings) configure(line);

  for (int tries = 1;; ++tries) {
    port_ = free_port();
    try {
      start();
      return;
    } catch (const std::runtime_error& error) {
      const bool is_taken = std::string_view{error.what()}.find("could not bind") != std::string_view::npos;
      if (!is_taken || tries == start_tries) throw;
    }
  }
}

postgres_server::~postgres_server() {
  session_.reset();
  if (!server_) return;
  server_->signal(SIGQUIT);
  (void)server_->wait(stop_bound);
}

std::string postgres_server::conninfo(const std::string& database, std::uint16_t port) const {
  return fmt::format("host=127.0.0.1 port={} user=postgres dbname={}", port == 0 ? port_ : port, database);
}

std::vector<std::string> postgres_server::environment(const std::string& database, std::uint16_t port) const {
  return {"PGHOST=127.0.0.1", fmt::format("PGPORT={}", port == 0 ? port_ : port), "PGUSER=postgres",
          "PGDATABASE=" + database};
}

bool postgres_server::is_ready() const { return PQping(conninfo().c_str()) == PQPING_OK; }

void postgres_server::start() {
  const auto program = postgres_programs(options_.version) / "postgres";
  server_.emplace(command{
      .arguments = {program.string(), "-D", data_.string(), "-c", fmt::format("port={}", port_)},
      .environment = {{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=" + directory_.path().string()}},
      .output = log_,
      .as_nobody = true,
      .death_signal = SIGQUIT});
  const bool is_up = eventually([this] { return !is_running() || is_ready(); }, start_bound, 5ms);
  if (is_up && is_running()) return;
  server_.reset();
  throw std::runtime_error(fmt::format("PostgreSQL {} did not start:\n{}", options_.version, log()));
}

void postgres_server::stop(postgres_stop how) {
  session_.reset();
  if (!server_) return;
  server_->signal(how == postgres_stop::fast ? SIGINT : SIGQUIT);
  if (!server_->wait(stop_bound)) throw std::runtime_error("PostgreSQL did not stop within 30 s:\n" + log());
  server_.reset();
}

void postgres_server::kill() {
  session_.reset();
  if (!server_) return;
  // The workers of a killed postmaster hold its shared memory for a moment, and a new one would refuse to
  // start.
  const auto workers = children_of(server_->pid());
  server_->kill();
  server_.reset();
  const auto is_gone = [](pid_t worker) { return !fs::exists(fmt::format("/proc/{}", worker)); };
  (void)eventually([&] { return std::all_of(workers.begin(), workers.end(), is_gone); }, stop_bound);
}

void postgres_server::restart(postgres_stop how) {
  stop(how);
  start();
}

void postgres_server::configure(const std::string& line) {
  std::ofstream out{data_ / "postgresql.conf", std::ios::app};
  out << line << '\n';
  out.close();
  if (!out) throw std::runtime_error("could not write postgresql.conf");
}

void postgres_server::allow(const std::string& hba_lines) {
  const auto file = data_ / "pg_hba.conf";
  write_text(file, hba_lines + "\n" + read_text(file));
  reload();
}

void postgres_server::reload() {
  // The postmaster reads its files after the signal: the moment of the last reading tells when it has.
  const auto loaded = value("select pg_conf_load_time()");
  server_->signal(SIGHUP);
  const auto is_read = [&] { return connect().value("select pg_conf_load_time()") != loaded; };
  if (!eventually(is_read)) throw std::runtime_error("PostgreSQL did not read its configuration again");
}

postgres_session& postgres_server::session() {
  if (!session_ || !session_->is_open()) session_.emplace(conninfo());
  return *session_;
}

postgres_session postgres_server::connect(const std::string& database) const {
  return postgres_session{conninfo(database)};
}

}  // namespace weir::support
