#include "check_command.hpp"
#include "exit_code.hpp"
#include "memory_rest.hpp"
#include "probe_command.hpp"
#include "replay_command.hpp"
#include "run_command.hpp"
#include "snapshot_command.hpp"
#include "state_command.hpp"
#include "wiring.hpp"

#include <base/base.hpp>
#include <base/log.hpp>
#include <config/render.hpp>

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>

namespace {

using weir::app::exit_code;

constexpr std::size_t width_of_a_terminal = 100;

void configure_log(const weir::config::settings& with) {
  const bool is_json = with.log_format == weir::config::log_form::json ||
                       (with.log_format == weir::config::log_form::automatic && isatty(STDERR_FILENO) == 0);
  weir::log::configure(with.log_level, is_json ? weir::log::format::json : weir::log::format::text);
}

/// Runs `command` with the checked configuration, or prints every mistake in it.
exit_code with_settings(const std::function<exit_code(const weir::config::settings&)>& command) {
  const auto loaded = weir::app::load_settings();
  if (!loaded.is_good()) {
    fmt::print(stderr, "{}", weir::config::report(loaded.mistakes));
    return exit_code::configuration;
  }
  configure_log(loaded.settings);
  for (const auto& notice : loaded.notices) weir::log::info("{}", notice);
  return command(loaded.settings);
}

exit_code print_settings(bool as_json, bool as_markdown) {
  const auto text = as_json       ? weir::config::settings_as_json()
                    : as_markdown ? weir::config::settings_as_markdown()
                                  : weir::config::settings_as_text(width_of_a_terminal);
  fmt::print("{}\n", text);
  return exit_code::clean;
}

}  // namespace

int main(int count, char** words) {
  weir::app::configure_allocator();
  std::signal(SIGPIPE, SIG_IGN);
  // A limit on file sizes is an error of the write that meets it (WEIR_SPILL), not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  CLI::App line{"Streams PostgreSQL's changes into Kafka. Configured by environment variables: weir settings."};
  line.require_subcommand(0, 1);
  std::function<exit_code()> chosen = [] { return with_settings(weir::app::run_command); };

  line.add_subcommand("run", "stream until told to stop (the default)");
  line.add_subcommand("check", "validate the configuration, connect to everything, move no byte")
      ->callback([&] { chosen = [] { return with_settings(weir::app::check_command); }; });

  bool as_json = false;
  bool as_markdown = false;
  auto* settings = line.add_subcommand("settings", "every setting with unit, default, range and meaning");
  settings->add_flag("--json", as_json, "as a JSON array");
  settings->add_flag("--markdown", as_markdown, "as the tables of the documentation")->excludes("--json");
  settings->callback([&] { chosen = [&] { return print_settings(as_json, as_markdown); }; });

  weir::app::accepted_state accepted;
  std::string system;
  auto* state = line.add_subcommand("state", "the stored position and the server's, side by side");
  auto* accept =
      state->add_subcommand("accept", "take the slot's position as it is: the way out of exit code 4");
  accept
      ->add_option("--slot-lsn", accepted.slot_lsn, "the slot's confirmed_flush_lsn, as `weir state` shows it")
      ->required();
  accept->add_option("--system", system, "the server's system identifier, needed when it is a new one");
  // A subcommand's callback runs before its parent's.
  state->callback([&] {
    if (!system.empty()) accepted.system = system;
    if (accept->parsed()) {
      chosen = [&] {
        return with_settings([&](const auto& with) { return weir::app::accept_state_command(with, accepted); });
      };
    } else {
      chosen = [] { return with_settings(weir::app::state_command); };
    }
  });

  weir::app::replay_wishes replayed;
  auto* replay = line.add_subcommand("replay", "send dead letters to the topics that they were for");
  // An option that is given several times names alternatives; different options narrow each other down.
  const auto names = [replay](const char* option, std::vector<std::string>& into, const char* what) {
    replay->add_option(option, into, what)->allow_extra_args(false);
  };
  names("--target", replayed.filter.targets, "only letters of this target; may be given several times");
  names("--listener", replayed.filter.listeners, "only letters of this listener, likewise");
  names("--error", replayed.filter.codes, "only letters with this weir.error.code, likewise");
  names("--topic", replayed.filter.topics, "only letters that were for this topic, likewise");
  replay->add_option("--since", replayed.since,
                     "only letters written at or after this moment: 2026-01-31T08:00:00Z, or 2h30m ago");
  replay->add_option("--until", replayed.until, "only letters written at or before this moment, likewise");
  replay->add_option("--limit", replayed.limit, "send at most so many");
  replay->add_flag("--dry-run", replayed.is_dry_run, "list what would be sent, and send nothing");
  replay->callback([&] {
    chosen = [&] {
      return with_settings([&](const auto& with) { return weir::app::replay_command(with, replayed); });
    };
  });

  std::vector<std::string> tables;
  bool waits = false;
  auto* snapshot =
      line.add_subcommand("snapshot", "have the running weir read tables (again), beside its stream");
  snapshot->add_option("table", tables, "schema.table, * for any characters of a name")->required();
  snapshot->add_flag("--wait", waits, "until every row is delivered");
  snapshot->callback([&] {
    chosen = [&] {
      return with_settings([&](const auto& with) { return weir::app::snapshot_command(with, tables, waits); });
    };
  });

  std::string path = "/ready";
  auto* probe = line.add_subcommand("probe", "ask the admin endpoint of a running weir; for health checks");
  probe->add_option("path", path, "what to ask for")->capture_default_str();
  probe->callback([&] {
    chosen = [&] {
      return with_settings([&](const auto& with) { return weir::app::probe_command(with, path); });
    };
  });

  line.add_subcommand("version", "print the version")->callback([&] {
    chosen = [] {
      fmt::print("weir {}\n", weir::version);
      return exit_code::clean;
    };
  });

  try {
    line.parse(count, words);
  } catch (const CLI::ParseError& wrong) {
    return line.exit(wrong) == 0 ? 0 : static_cast<int>(exit_code::configuration);
  }
  return static_cast<int>(chosen());
}
