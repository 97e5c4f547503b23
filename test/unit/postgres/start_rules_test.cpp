#include <postgres/start_rules.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <base/failure.hpp>

#include <functional>

using namespace weir;
using namespace weir::postgres;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr lsn stored_at{0x1'0000'1000};

identity some_server() {
  return {.system_identifier = "7000", .timeline = 2, .database = "shop", .user = "weir", .version = 170000};
}

event::stored_position some_position() {
  return {.system_identifier = "7000", .timeline = 2, .at = stored_at, .run = 5};
}

slot some_slot() {
  slot found;
  found.name = "weir";
  found.plugin = "pgoutput";
  found.database = "shop";
  found.confirmed_flush = stored_at;
  found.wal_status = "reserved";
  return found;
}

/// Everything is as it was left.
start_facts healthy() {
  return {.server = some_server(),
          .slot_name = "weir",
          .publication_name = "pub",
          .stored = some_position(),
          .found = some_slot(),
          .has_publication = true};
}

positions same_place() {
  return {.slot_name = "weir",
          .stored = some_position(),
          .server = some_server(),
          .confirmed_flush = stored_at,
          .server_wal = lsn{stored_at.value() + 100}};
}

std::optional<failure> failure_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const failure& why) {
    UNSCOPED_INFO(why.what());
    return why;
  }
  return std::nullopt;
}

struct case_of_start {
  const char* given;
  std::function<void(start_facts&)> change;
  std::optional<start_action> action = {};
  verdict decision = verdict::refuse;
  const char* reason = "";
  const char* says = "";
};

void check(const case_of_start& one) {
  INFO(one.given);
  auto facts = healthy();
  one.change(facts);
  std::optional<start_action> decided;
  const auto why = failure_of([&] { decided = decide_start(facts); });
  CHECK(decided == one.action);
  CHECK(why.has_value() != one.action.has_value());
  if (!why) return;
  CHECK(why->decision() == one.decision);
  CHECK(why->reason() == one.reason);
  CHECK_THAT(why->what(), ContainsSubstring(one.says));
}

}  // namespace

TEST_CASE("B3 a slot is made only when the state holds no position for it") {
  const auto no_slot = [](start_facts& of) { of.found.reset(); };
  const auto nothing = [](start_facts& of) {
    of.found.reset();
    of.stored.reset();
    of.has_publication = false;
  };
  check({.given = "all is as it was left", .change = [](start_facts&) {}, .action = start_action::use});
  check({.given = "no position, no slot, no publication",
         .change = nothing,
         .action = start_action::create_publication_and_slot});
  check({.given = "the publication is there already",
         .change =
             [&](start_facts& of) {
               nothing(of);
               of.has_publication = true;
             },
         .action = start_action::create_slot});
  check({.given = "the store remembers nothing",
         .change =
             [&](start_facts& of) {
               nothing(of);
               of.remembers = false;
             },
         .action = start_action::create_publication_and_slot});
  check({.given = "a slot, but no position",
         .change = [](start_facts& of) { of.stored.reset(); },
         .action = start_action::adopt});
  check({.given = "a slot, and a store that remembers nothing",
         .change =
             [](start_facts& of) {
               of.stored.reset();
               of.remembers = false;
             },
         .action = start_action::use});
  check({.given = "a position, but no slot", .change = no_slot, .reason = "slot_gone", .says = "1/1000"});
  check({.given = "creating is forbidden",
         .change =
             [&](start_facts& of) {
               nothing(of);
               of.may_create = false;
             },
         .decision = verdict::permanent,
         .reason = "no_slot",
         .says = "publication \"pub\" and slot \"weir\""});
  check({.given = "another server",
         .change = [](start_facts& of) { of.stored->system_identifier = "6999"; },
         .reason = "other_server",
         .says = "--system 7000"});
}

TEST_CASE("B6 a slot that cannot be read as Weir reads is refused") {
  check({.given = "another plugin",
         .change = [](start_facts& of) { of.found->plugin = "wal2json"; },
         .reason = "slot_plugin",
         .says = "wal2json"});
  check({.given = "physical",
         .change =
             [](start_facts& of) {
               of.found->plugin.clear();
               of.found->database.clear();
             },
         .reason = "slot_plugin",
         .says = "physical"});
  check({.given = "another database",
         .change = [](start_facts& of) { of.found->database = "crm"; },
         .reason = "slot_database",
         .says = "crm"});
  check({.given = "two_phase",
         .change = [](start_facts& of) { of.found->is_two_phase = true; },
         .reason = "slot_two_phase",
         .says = "two_phase"});
  check({.given = "temporary",
         .change = [](start_facts& of) { of.found->is_temporary = true; },
         .reason = "slot_temporary",
         .says = "temporary"});
  check({.given = "lost",
         .change = [](start_facts& of) { of.found->wal_status = "lost"; },
         .reason = "slot_lost",
         .says = "1/1000"});
  check({.given = "invalidated",
         .change = [](start_facts& of) { of.found->invalidation_reason = "idle_timeout"; },
         .reason = "slot_lost",
         .says = "idle_timeout"});
  check({.given = "in use",
         .change =
             [](start_facts& of) {
               of.found->is_active = true;
               of.found->active_pid = 4711;
             },
         .decision = verdict::retry,
         .reason = "slot_in_use",
         .says = "4711"});
  check({.given = "lost and in use",
         .change =
             [](start_facts& of) {
               of.found->is_active = true;
               of.found->wal_status = "lost";
             },
         .reason = "slot_lost",
         .says = "lost"});
}

TEST_CASE("B11 a publication that is missing under a slot is never made again") {
  check({.given = "with a position",
         .change = [](start_facts& of) { of.has_publication = false; },
         .reason = "publication_gone",
         .says = "\"pub\""});
  check({.given = "without a position",
         .change =
             [](start_facts& of) {
               of.has_publication = false;
               of.stored.reset();
             },
         .reason = "publication_gone",
         .says = "\"weir\""});
}

TEST_CASE("B3 the slot and the server are compared with what is stored") {
  CHECK(verify_positions(same_place()) == continuation::same_timeline);

  auto behind = same_place();
  behind.confirmed_flush = lsn{1};
  CHECK(verify_positions(behind) == continuation::same_timeline);

  auto moved = same_place();
  moved.confirmed_flush = lsn{stored_at.value() + 1};
  auto why = failure_of([&] { (void)verify_positions(moved); });
  REQUIRE(why);
  CHECK(why->decision() == verdict::refuse);
  CHECK(why->reason() == "slot_moved");
  CHECK_THAT(why->what(), ContainsSubstring("1/1001") && ContainsSubstring("1/1000") &&
                              ContainsSubstring("weir state accept --slot-lsn 1/1001"));

  auto rolled_back = same_place();
  rolled_back.server_wal = lsn{stored_at.value() - 1};
  rolled_back.confirmed_flush = lsn{100};
  why = failure_of([&] { (void)verify_positions(rolled_back); });
  REQUIRE(why);
  CHECK(why->decision() == verdict::refuse);
  CHECK(why->reason() == "server_behind");

  auto unknown = moved;
  unknown.stored.reset();
  CHECK(verify_positions(unknown) == continuation::same_timeline);
}

TEST_CASE("B4 a new timeline is a failover when what is stored lies on its history") {
  auto promoted = same_place();
  promoted.server.timeline = 4;
  const auto reason_with = [&](const char* history) {
    const auto parsed = timeline_history::parse(history);
    promoted.history = &parsed;
    std::string reason = "failed over";
    auto way = continuation::same_timeline;
    const auto why = failure_of([&] { way = verify_positions(promoted); });
    CHECK((why || way == continuation::failed_over));
    if (why) {
      CHECK(why->decision() == verdict::refuse);
      reason = why->reason();
    }
    return reason;
  };
  CHECK(reason_with("1\t0/5000\tx\n2\t1/1000\tpromoted\n3\t1/2000\tx\n") == "failed over");
  CHECK(reason_with("2\t1/FFF\tpromoted\n") == "lost_by_failover");
  CHECK(reason_with("1\t0/5000\tx\n3\t1/2000\tx\n") == "other_history");
  CHECK(reason_with("") == "other_history");
  promoted.confirmed_flush = lsn{stored_at.value() + 1};
  CHECK(reason_with("2\t1/2000\tpromoted\n") == "slot_moved");
  promoted.server.timeline = 1;
  CHECK(reason_with("") == "older_timeline");
}

TEST_CASE("a standby that has not replayed what is stored is waited for") {
  auto behind = same_place();
  behind.server.is_standby = true;
  behind.server_wal = lsn{stored_at.value() - 1};
  const auto why = failure_of([&] { (void)verify_positions(behind); });
  REQUIRE(why);
  CHECK(why->decision() == verdict::retry);
  CHECK(why->reason() == "standby_behind");
}

TEST_CASE("a standby's copy of a slot is for nobody before its promotion, and for everybody after") {
  auto given = healthy();
  given.found->is_synced = true;
  given.server.is_standby = true;
  const auto why = failure_of([&] { (void)decide_start(given); });
  REQUIRE(why);
  CHECK(why->decision() == verdict::retry);
  CHECK(why->reason() == "slot_synced");
  given.server.is_standby = false;
  CHECK(decide_start(given) == start_action::use);
}
