#include <support/standby_server.hpp>

#include <fmt/format.h>
#include <support/bed.hpp>
#include <support/eventually.hpp>
#include <support/free_port.hpp>

#include <filesystem>
#include <stdexcept>

namespace weir::support {
namespace {

using namespace std::chrono_literals;
constexpr auto bound = 60s;

}  // namespace

standby_server::standby_server(postgres_server& primary, const std::vector<std::string>& settings)
    : port_(free_port()) {
  std::filesystem::permissions(directory_.path(), std::filesystem::perms{0777});
  primary.exec("select pg_create_physical_replication_slot('standby', true)");
  primary.stop();
  run_program({.arguments = {"cp", "-a", primary.data().string(), data().string()}}, bound);
  primary.start();
  std::filesystem::remove_all(data() / "pg_replslot" / "standby");
  write_text(data() / "standby.signal", "");
  auto lines = fmt::format(
      "\nport = {}\nhot_standby_feedback = on\nprimary_conninfo = '{}'\nprimary_slot_name = 'standby'\n"
      "unix_socket_directories = '{}'\n",
      port_, primary.conninfo(), directory_.path().string());
  for (const auto& each : settings) lines += each + "\n";
  const auto file = data() / "postgresql.auto.conf";
  write_text(file, read_text(file) + lines);
  const auto program = postgres_programs(primary.version()) / "postgres";
  server_.emplace(command{.arguments = {program.string(), "-D", data().string()},
                          .environment = {{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}},
                          .as_nobody = true,
                          .death_signal = SIGQUIT});
  if (!eventually([this] { return is_up(); }, bound)) throw std::runtime_error("the standby did not start");
}

standby_server::~standby_server() {
  if (!server_) return;
  server_->signal(SIGQUIT);
  (void)server_->wait(bound);
}

postgres_session standby_server::connect() const {
  return postgres_session{fmt::format("host=127.0.0.1 port={} user=postgres dbname=postgres", port_)};
}

bool standby_server::is_up() const {
  try {
    return connect().value("select 1") == "1";
  } catch (const sql_error&) {
    return false;
  }
}

void standby_server::catch_up(postgres_server& primary) {
  const auto end = primary.value("select pg_current_wal_flush_lsn()");
  auto here = connect();
  const auto query = fmt::format("select pg_last_wal_replay_lsn() >= '{}'", end);
  if (!eventually([&] { return here.value(query) == "t"; }, bound)) {
    throw std::runtime_error("the standby did not catch up");
  }
}

}  // namespace weir::support
