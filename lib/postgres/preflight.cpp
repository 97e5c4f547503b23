#include <postgres/preflight.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <base/failure.hpp>
#include <postgres/fields.hpp>
#include <postgres/publication.hpp>
#include <postgres/slot.hpp>
#include <postgres/start_rules.hpp>
#include <postgres/system.hpp>

namespace weir::postgres {
namespace {

/// Takes notes for one server; every part looks at one thing.
struct inspection {
  preflight_settings with;
  std::vector<finding> found{};
  std::unique_ptr<connection> on{};
  bool has_slot = false;
  bool is_standby = false;

  void ok(std::string object, std::string sentence) {
    found.push_back({severity::ok, std::move(object), std::move(sentence)});
  }
  void warn(std::string object, std::string sentence) {
    found.push_back({severity::warning, std::move(object), std::move(sentence)});
  }
  void fail(std::string object, std::string sentence) {
    found.push_back({severity::error, std::move(object), std::move(sentence)});
  }
};

async::awaitable<> inspect_server(async::self me, inspection& of) {
  const int version = of.on->server_version();
  of.is_standby = co_await is_in_recovery(me, *of.on);
  if (version < oldest_server) {
    of.fail("server", fmt::format("PostgreSQL {} at {}; Weir needs {} or later", version_text(version),
                                  of.on->peer(), version_text(oldest_server)));
  } else {
    of.ok("server", fmt::format("PostgreSQL {} at {}, database {}{}", version_text(version), of.on->peer(),
                                of.on->database(), of.is_standby ? ", a standby" : ""));
  }
  if (of.is_standby && version < oldest_standby) {
    of.fail("server", fmt::format("is a standby, and standbys decode from {} on: read from the primary",
                                  version_text(oldest_standby)));
  }
  const auto level = co_await read_setting(me, *of.on, "wal_level");
  if (level != "logical") {
    of.fail("wal_level",
            fmt::format("wal_level is {}: set wal_level = logical in postgresql.conf and restart the server",
                        level));
  }
}

async::awaitable<> inspect_role(async::self me, inspection& of) {
  const auto role =
      co_await of.on->query(me,
                            "select rolname, rolreplication or rolsuper as replicates, "
                            "has_database_privilege(current_database(), 'create') as creates, rolsuper "
                            "from pg_catalog.pg_roles where rolname = current_user");
  const auto name = role.text(0, "rolname");
  if (!role.flag(0, "replicates")) {
    of.fail("role " + name, fmt::format("has no REPLICATION: alter role \"{}\" replication", name));
  }
  if (of.with.may_create && !co_await read_publication(me, *of.on, of.with.publication)) {
    if (!role.flag(0, "creates")) {
      of.fail("role " + name,
              fmt::format(
                  "may not make publication \"{0}\": grant create on database \"{1}\" to \"{2}\", or make the "
                  "publication as its tables' owner",
                  of.with.publication, of.on->database(), name));
    } else if (of.with.tables.takes_everything() && !role.flag(0, "rolsuper")) {
      of.fail("role " + name,
              "only a superuser can make a publication for all tables: name the tables in WEIR_TABLES, "
              "or make the publication as a superuser");
    }
  }
}

async::awaitable<> inspect_limits(async::self me, inspection& of) {
  const auto limits = co_await of.on->query(me,
                                            "select current_setting('max_replication_slots')::int - "
                                            "(select count(*) from pg_catalog.pg_replication_slots) as slots, "
                                            "current_setting('max_wal_senders')::int - "
                                            "(select count(*) from pg_catalog.pg_stat_replication) as senders");
  const bool needs_slot = !co_await read_slot(me, *of.on, of.with.slot);
  if (needs_slot && number_at(limits, 0, "slots") <= 0) {
    of.fail("max_replication_slots", "no replication slot is free: raise max_replication_slots or drop a slot");
  }
  if (number_at(limits, 0, "senders") <= 0) {
    of.fail("max_wal_senders", "no walsender is free: raise max_wal_senders");
  }
}

void judge_slot(inspection& of, const slot& found) {
  const auto object = "slot " + found.name;
  start_facts facts{.slot_name = found.name, .found = found, .has_publication = true};
  facts.server.database = of.on->database();
  try {
    (void)decide_start(facts);
    of.ok(object, fmt::format("stands at {}", found.confirmed_flush));
  } catch (const failure& why) {
    if (why.decision() == verdict::retry) {
      of.warn(object, why.what());
    } else {
      of.fail(object, why.what());
    }
  }
  if (found.wal_status == "unreserved") {
    of.warn(object, "the server may remove the log that it needs at any time (wal_status = unreserved)");
  }
}

async::awaitable<> inspect_slot(async::self me, inspection& of) {
  const auto found = co_await read_slot(me, *of.on, of.with.slot);
  of.has_slot = found.has_value();
  identity server;
  server.version = of.on->server_version();
  server.is_standby = of.is_standby;
  const auto unfit = of.with.wants_failover_slot ? why_no_failover_slot(server) : std::string{};
  if (found) {
    judge_slot(of, *found);
    if (of.with.wants_failover_slot && !found->is_failover) {
      of.warn("slot " + of.with.slot, "WEIR_FAILOVER_SLOT is on, but standbys do not keep this slot in step");
    }
  } else if (of.with.may_create && !unfit.empty()) {
    of.fail("slot " + of.with.slot, unfit);
  } else if (of.with.may_create) {
    of.ok("slot " + of.with.slot, "does not exist; Weir will make it");
  } else {
    of.fail(
        "slot " + of.with.slot,
        fmt::format("does not exist and WEIR_CREATE is off: select pg_create_logical_replication_slot('{}', "
                    "'pgoutput')",
                    of.with.slot));
  }
}

void judge_tables(inspection& of, const std::vector<table>& tables, bool is_published) {
  for (const auto& each : tables) {
    if (!of.with.tables.takes(each.schema, each.name)) continue;
    if (const auto key = unusual_key(each); !key.empty()) of.warn("table " + each.full_name(), key);
    const auto why = unusable_identity(each, of.on->server_version());
    if (why.empty()) continue;
    of.fail("table " + each.full_name(),
            is_published ? why + ": UPDATE and DELETE on it fail in the applications that run them"
                         : why + ": it cannot be published, so Weir will not make the publication");
  }
  for (const auto& pattern : of.with.tables.idle(tables)) {
    of.warn("table " + pattern, "no table has such a name yet");
  }
  if (of.with.judge) return;
  for (const auto& pattern : of.with.tables.missing(tables)) {
    of.fail("table " + pattern, is_published
                                    ? fmt::format("publication \"{}\" has no such table", of.with.publication)
                                    : "the database has no such table");
  }
}

async::awaitable<> inspect_publication(async::self me, inspection& of) {
  const auto object = "publication " + of.with.publication;
  const auto found = co_await read_publication(me, *of.on, of.with.publication);
  if (!found) {
    if (of.has_slot) {
      of.fail(object,
              fmt::format("does not exist, but slot \"{}\" does: a publication that is made after the slot is "
                          "unknown to it for good. Drop the slot too, or name the right publication in "
                          "WEIR_PUBLICATION",
                          of.with.slot));
    } else if (of.is_standby) {
      of.fail(object, "does not exist, and nothing can be made on a standby: make it on the primary");
    } else if (of.with.may_create) {
      of.ok(object, "does not exist; Weir will make it");
      judge_tables(of, co_await read_all_tables(me, *of.on), false);
      if (of.with.judge) of.with.judge(co_await read_all_relations(me, *of.on), "the database");
    } else {
      of.fail(object, "does not exist and WEIR_CREATE is off");
    }
    co_return;
  }
  const auto tables = co_await read_published_tables(me, *of.on, of.with.publication);
  of.ok(object, fmt::format("publishes {} tables", tables.size()));
  if (!found->inserts || !found->updates || !found->deletes) {
    of.warn(object, "does not publish all of insert, update and delete: what it leaves out never arrives");
  }
  judge_tables(of, tables, true);
  if (of.with.judge) {
    of.with.judge(co_await read_published_relations(me, *of.on, of.with.publication),
                  fmt::format("publication \"{}\"", of.with.publication));
  }
}

async::awaitable<> inspect(async::self me, async::blocking_pool& pool, inspection& of) {
  of.on = co_await connection::open(me, pool, of.with.server, session::ordinary);
  co_await inspect_server(me, of);
  co_await inspect_role(me, of);
  co_await inspect_limits(me, of);
  co_await inspect_slot(me, of);
  co_await inspect_publication(me, of);
  // Last, because it repeats what the role was found to lack: pg_hba.conf may still forbid replication.
  of.on = co_await connection::open(me, pool, of.with.server, session::replication);
}

}  // namespace

async::awaitable<std::vector<finding>> preflight(async::self me, async::blocking_pool& pool,
                                                 preflight_settings with) {
  inspection of{.with = std::move(with)};
  try {
    co_await inspect(me, pool, of);
  } catch (const failure& why) {
    of.fail(of.on ? "server" : "connection", why.what());
  }
  co_return std::move(of.found);
}

}  // namespace weir::postgres
