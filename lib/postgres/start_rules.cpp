#include <postgres/start_rules.hpp>

#include <fmt/format.h>

#include <base/failure.hpp>

namespace weir::postgres {
namespace {

constexpr const char* plugin = "pgoutput";

[[noreturn]] void refuse(std::string reason, const std::string& sentence) {
  throw failure{verdict::refuse, std::move(reason), sentence};
}

std::string make_slot_sql(const std::string& name) {
  return fmt::format("select pg_create_logical_replication_slot('{}', '{}')", name, plugin);
}

void check_kind(const slot& found, const identity& server) {
  if (found.plugin != plugin) {
    refuse(
        "slot_plugin",
        fmt::format(
            "slot \"{}\" belongs to {}, not to the plugin {}: name another slot in WEIR_SLOT, or drop this "
            "one when nobody needs it",
            found.name, found.plugin.empty() ? "physical replication" : "the plugin " + found.plugin, plugin));
  }
  if (found.database != server.database) {
    refuse(
        "slot_database",
        fmt::format("slot \"{}\" belongs to the database {}, but Weir is connected to {}: name another slot in "
                    "WEIR_SLOT, or the slot's database in PGDATABASE",
                    found.name, found.database, server.database));
  }
  if (found.is_temporary) {
    refuse("slot_temporary",
           fmt::format("slot \"{}\" is temporary and ends with the session that made it: name another slot in "
                       "WEIR_SLOT",
                       found.name));
  }
  if (found.is_synced && server.is_standby) {
    throw failure{
        verdict::retry, "slot_synced",
        fmt::format(
            "slot \"{}\" is this standby's copy of the primary's slot, which nobody can read before the "
            "standby is promoted: read from the primary, or name another slot in WEIR_SLOT",
            found.name)};
  }
  if (found.is_two_phase) {
    refuse("slot_two_phase",
           fmt::format(
               "slot \"{}\" was made with two_phase = true and would send prepared transactions before they "
               "are committed: name a slot without it in WEIR_SLOT",
               found.name));
  }
}

void check_health(const slot& found, const std::optional<event::stored_position>& stored) {
  if (found.wal_status == "lost" || !found.invalidation_reason.empty()) {
    const auto reason = found.invalidation_reason.empty() ? found.wal_status : found.invalidation_reason;
    refuse("slot_lost",
           fmt::format(
               "slot \"{}\" is of no use any more (the server says: {}): changes after {} are gone from the "
               "server. Drop it, make it again ({}), and tell Weir with `weir state accept --slot-lsn "
               "<confirmed_flush_lsn of the new slot>` to go on without them",
               found.name, reason, stored ? stored->at : found.confirmed_flush, make_slot_sql(found.name)));
  }
  if (found.is_active) {
    throw failure{verdict::retry, "slot_in_use",
                  fmt::format("slot \"{}\" is in use by process {} of the server; Weir waits until it is free",
                              found.name, found.active_pid)};
  }
}

start_action decide_without_slot(const start_facts& given) {
  if (given.stored) {
    refuse("slot_gone",
           fmt::format(
               "slot \"{0}\" does not exist on the server any more, though everything up to {1} was stored: "
               "changes after {1} cannot be fetched again. Make the slot again ({2}), and tell Weir with `weir "
               "state accept --slot-lsn <its confirmed_flush_lsn>` to go on without them",
               given.slot_name, given.stored->at, make_slot_sql(given.slot_name)));
  }
  if (!given.may_create) {
    const auto publication =
        given.has_publication ? std::string{} : fmt::format("publication \"{}\" and ", given.publication_name);
    throw failure{
        verdict::permanent, "no_slot",
        fmt::format("{}slot \"{}\" do not exist and WEIR_CREATE is off: make them (the publication first, then "
                    "{}), or let Weir do it with WEIR_CREATE=on",
                    publication, given.slot_name, make_slot_sql(given.slot_name))};
  }
  return given.has_publication ? start_action::create_slot : start_action::create_publication_and_slot;
}

continuation judge_timeline(const positions& given) {
  const auto& stored = *given.stored;
  if (stored.timeline == given.server.timeline) return continuation::same_timeline;
  if (stored.timeline > given.server.timeline) {
    refuse(
        "older_timeline",
        fmt::format(
            "the server is on timeline {}, but {} was stored on timeline {}: it is older than what Kafka "
            "already has. Connect to the right server, or see `weir state` and `weir state accept --slot-lsn "
            "{}`",
            given.server.timeline, stored.at, stored.timeline, given.confirmed_flush));
  }
  const auto left_at =
      given.history != nullptr ? given.history->switch_point(stored.timeline) : std::optional<lsn>{};
  if (!left_at) {
    refuse(
        "other_history",
        fmt::format(
            "the server is on timeline {}, whose history does not know timeline {}, on which {} was stored: "
            "it is no successor of the server that Weir read from. Connect to the right server, or see `weir "
            "state` and `weir state accept --slot-lsn {}`",
            given.server.timeline, stored.timeline, stored.at, given.confirmed_flush));
  }
  if (stored.at > *left_at) {
    refuse("lost_by_failover",
           fmt::format(
               "the server left timeline {} at {}, but Kafka holds transactions of it up to {}: the failover "
               "lost what lies between. To go on from the server's state: `weir state accept --slot-lsn {}`",
               stored.timeline, *left_at, stored.at, given.confirmed_flush));
  }
  return continuation::failed_over;
}

}  // namespace

start_action decide_start(const start_facts& given) {
  if (given.stored && given.stored->system_identifier != given.server.system_identifier) {
    refuse("other_server",
           fmt::format(
               "the server's system identifier is {}, but {} was stored for the system {}: this is another "
               "server (or one that was made anew or went through pg_upgrade). If that is meant: `weir state "
               "accept --slot-lsn <confirmed_flush_lsn of the slot> --system {}`",
               given.server.system_identifier, given.stored->at, given.stored->system_identifier,
               given.server.system_identifier));
  }
  if (!given.found) return decide_without_slot(given);
  check_kind(*given.found, given.server);
  check_health(*given.found, given.stored);
  if (!given.has_publication) {
    refuse("publication_gone",
           fmt::format(
               "publication \"{0}\" does not exist, but slot \"{1}\" does: a publication that is made after "
               "the slot is unknown to it for good. Name the right one in WEIR_PUBLICATION; or make it, drop "
               "the slot, make the slot again ({2}), and tell Weir with `weir state accept --slot-lsn <its "
               "confirmed_flush_lsn>`",
               given.publication_name, given.slot_name, make_slot_sql(given.slot_name)));
  }
  return given.stored || !given.remembers ? start_action::use : start_action::adopt;
}

std::string why_no_failover_slot(const identity& server) {
  if (server.version < first_with_failover_slots) {
    return fmt::format(
        "WEIR_FAILOVER_SLOT is on, but the server is PostgreSQL {}: failover slots begin with {}. Turn it off, "
        "or "
        "make a slot of the same name on the standby yourself",
        version_text(server.version), version_text(first_with_failover_slots));
  }
  if (server.is_standby) {
    return "WEIR_FAILOVER_SLOT is on, but the server is a standby, where no failover slot can be made: turn it "
           "off, or read from the primary (PGTARGETSESSIONATTRS=primary)";
  }
  return {};
}

continuation verify_positions(const positions& given) {
  if (!given.stored) return continuation::same_timeline;
  const auto& stored = *given.stored;
  const auto judged = judge_timeline(given);
  if (given.server_wal < stored.at && given.server.is_standby) {
    throw failure{verdict::retry, "standby_behind",
                  fmt::format("the standby has replayed the log up to {}, and {} is stored already: Weir waits "
                              "until it is there",
                              given.server_wal, stored.at)};
  }
  if (given.server_wal < stored.at) {
    refuse(
        "server_behind",
        fmt::format(
            "the server's log ends at {}, but {} was stored: the server was set back (a snapshot of its "
            "storage, a restore) and writes other transactions at positions that Kafka already has. To go on "
            "from the server's state: `weir state accept --slot-lsn {}`",
            given.server_wal, stored.at, given.confirmed_flush));
  }
  if (given.confirmed_flush > stored.at) {
    refuse(
        "slot_moved",
        fmt::format("slot \"{}\" stands at {}, but only {} was stored: somebody else moved it, and the changes "
                    "between were never seen. To go on without them: `weir state accept --slot-lsn {}`",
                    given.slot_name, given.confirmed_flush, stored.at, given.confirmed_flush));
  }
  return judged;
}

}  // namespace weir::postgres
