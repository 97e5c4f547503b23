#include "bed.hpp"

#include <support/avro_reader.hpp>
#include <support/registry_server.hpp>

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace weir;

namespace {

using variables = support::weir_process::variables;

/// A database, a broker and a registry of one's own.
class avro_bed : public app_test::bed {
 public:
  [[nodiscard]] variables environment(variables more = {}) const {
    more.insert(
        {{"WEIR_FORMAT", "avro"}, {"WEIR_SCHEMA_REGISTRY", registry.url()}, {"WEIR_SNAPSHOT", "never"}});
    return bed::environment(more);
  }

  /// The id in front, after the zero.
  static std::uint32_t schema_id(const std::string& framed) {
    REQUIRE(framed.size() > 5);
    REQUIRE(framed[0] == '\0');
    std::uint32_t id = 0;
    for (std::size_t n = 1; n < 5; ++n) id = (id << 8U) | static_cast<unsigned char>(framed[n]);
    return id;
  }

  /// As JSON, by the schema that the registry has under the record's id.
  std::string decoded(const std::optional<std::string>& framed) {
    if (!framed) return "null";
    auto& schema = schemas_[schema_id(*framed)];
    if (schema.empty()) schema = registry.schema(schema_id(*framed));
    return reader_.read(schema, std::string_view{*framed}.substr(5));
  }

  support::registry_server registry;

 private:
  support::avro_reader reader_;
  std::map<std::uint32_t, std::string> schemas_;
};

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// JSON with sorted keys, without spaces, and without the moment of encoding, in whatever words it was given:
/// names as Avro allows them, and whole numbers without a fraction.
std::string canonical(const std::string& json) {
  constexpr auto program =
      "import json,sys\n"
      "def plain(v):\n"
      "  if isinstance(v,dict): return {k.replace('-','_'):plain(e) for k,e in v.items()}\n"
      "  if isinstance(v,list): return [plain(e) for e in v]\n"
      "  return int(v) if isinstance(v,float) and v.is_integer() else v\n"
      "d=plain(json.loads(sys.argv[1]))\n"
      "[d.pop(n,None) for n in ('ts_ms','ts_us','ts_ns') if isinstance(d,dict)]\n"
      "print(json.dumps(d,sort_keys=True,separators=(',',':')),end='')";
  return support::run_program({.arguments = {"/usr/bin/python3", "-c", program, json}},
                              std::chrono::seconds{30});
}

constexpr auto two_formats = R"({
  "listeners": [{"name": "all", "operations": ["c", "u", "d", "t", "m"], "targets": ["avro", "json"]}],
  "targets": [
    {"name": "avro", "topic": "{prefix}.avro.{schema}.{table}", "format": "avro"},
    {"name": "json", "topic": "{prefix}.json.{schema}.{table}", "format": "debezium"}
  ]
})";

constexpr auto all_types = R"(
  create type mood as enum ('sad', 'ok');
  create table "all types" (id int primary key, i2 int2, i8 int8, n numeric(12,3), free numeric, f4 float4, f8 float8,
    b bool, t text, "odd-name" text default 'x', raw bytea, u uuid, j jsonb, d date, ti time(3), ts timestamp(3),
    tz timestamptz, iv interval, m mood, texts text[], numbers int[], p point, bits bit(9), money money, inet inet);
  alter table "all types" replica identity full;
  create table changing (id int primary key, name text))";

constexpr auto all_changes = R"(
  insert into "all types" values (1, -2, 9223372036854775807, 12345.678, 1e40, 1.5, 'NaN', true, E'a\nb"\\',
    'y', '\x00ff41', gen_random_uuid(), '{"a": [1, null]}', '2024-02-29', '12:34:56.789', '2024-02-29 12:34:56.789',
    '2024-02-29 12:34:56.789+02', '1 month 2 days', 'ok', '{a,NULL,"b c"}', '{1,-2}', '(1.5,-2)', B'101010101',
    12.34, '10.0.0.1');
  insert into "all types" (id) values (2);
  update "all types" set t = 'other', f8 = '-Infinity' where id = 1;
  insert into changing values (1, 'one');
  update changing set id = 2;
  delete from changing;
  truncate changing;
  select pg_logical_emit_message(true, 'note', 'content');
  delete from "all types" where id = 2)";

}  // namespace

TEST_CASE("records of an Avro target say what the JSON ones say, by the schemas that are registered") {
  avro_bed bed;
  bed.postgres.exec(all_types);
  support::weir_process weir{bed.environment({{"WEIR_CONFIG", two_formats}, {"WEIR_DECIMALS", "precise"}})};
  weir.wait_until_ready();
  bed.postgres.exec(all_changes);
  const auto count = [&](const char* kind) { return bed.kafka.count(bed.prefix + kind); };
  // The publication that Weir makes has no truncates.
  weir.wait_for("all records", [&] { return count(".json.") == 11 && count(".avro.") == 11; });

  for (const std::string table : {"all_x20types", "changing"}) {
    const auto avro = bed.kafka.read({bed.prefix + ".avro.public." + table});
    const auto json = bed.kafka.read({bed.prefix + ".json.public." + table});
    REQUIRE(avro.size() == json.size());
    for (std::size_t n = 0; n < avro.size(); ++n) {
      INFO(json[n].value.value_or("(tombstone)"));
      CHECK(canonical(bed.decoded(avro[n].key)) == canonical(json[n].key.value_or("null")));
      CHECK(canonical(bed.decoded(avro[n].value)) == canonical(json[n].value.value_or("null")));
    }
  }
  CHECK(count(".dead-letters") == 0);
  CHECK(says(bed.registry.get("/subjects"), bed.prefix + ".avro.public.all_x20types-key"));
  CHECK(weir.stop().code == 0);
}

TEST_CASE("a change that the registry refuses makes dead letters with its sentence, until it is allowed") {
  avro_bed bed;
  bed.registry.set_compatibility("BACKWARD");
  bed.postgres.exec("create table t (id int primary key, n int); create table other (id int primary key)");
  support::weir_process weir{bed.environment({{"WEIR_TABLES", "public.*"}})};
  weir.wait_until_ready();
  const auto count = [&](const std::string& topic) { return bed.kafka.count(bed.prefix + topic); };
  bed.postgres.exec("insert into t values (1, 1)");
  weir.wait_for("the first record", [&] { return count(".public.t") == 1; });
  bed.postgres.exec(
      "alter table t alter n type text; insert into t values (2, 'two'); insert into other values (1)");
  weir.wait_for("the letter", [&] { return count(".dead-letters") == 1; });
  weir.wait_for("the other table", [&] { return count(".public.other") == 1; });
  CHECK(count(".public.t") == 1);
  const auto letter = bed.kafka.read({bed.prefix + ".dead-letters"}).front();
  INFO(letter.header("weir.error").value_or(""));
  CHECK(letter.header("weir.error.code") == "SCHEMA");
  CHECK(letter.header("weir.content") == "raw_row");
  CHECK(says(letter.header("weir.error").value_or(""), bed.prefix + ".public.t-value"));
  CHECK(says(letter.header("weir.error").value_or(""), "Incompatible artifact: "));
  CHECK(letter.value.value_or("").starts_with(R"({"op":"c","schema":)"));

  bed.registry.set_compatibility("NONE");
  weir.wait_for_log("takes the schema of " + bed.prefix + ".public.t-value now", std::chrono::seconds{90});
  bed.postgres.exec("insert into t values (3, 'three')");
  weir.wait_for("the record of the new schema", [&] { return count(".public.t") == 2; });
  const auto newest = bed.kafka.read({bed.prefix + ".public.t"}).back();
  CHECK(says(canonical(bed.decoded(newest.value)), R"("after":{"id":3,"n":"three"})"));
  CHECK(weir.stop().code == 0);
}

TEST_CASE("a registry that is away is waited for, and nothing is lost") {
  avro_bed bed;
  bed.postgres.exec("create table t (id int primary key)");
  const auto environment = bed.environment({{"WEIR_HANG_UP_AFTER", "15s"}});
  {
    support::weir_process check{environment, {"check"}};
    (void)check.wait(std::chrono::seconds{60});
    CHECK(says(check.output(), "schema registry: " + bed.registry.url() + " answers"));
  }
  support::weir_process weir{environment};
  weir.wait_until_ready();
  bed.registry.stop();
  {
    support::weir_process check{environment, {"check"}};
    CHECK(check.wait(std::chrono::seconds{60}).code == 1);
    CHECK(says(check.output(), "MISTAKE  schema registry: "));
  }
  bed.postgres.exec("insert into t select generate_series(1, 1000)");
  weir.wait_for("/ready to name the registry", [&] {
    const auto answer = weir.get("/ready");
    return answer.status == 503 && says(answer.body, "schema registry");
  });
  CHECK(bed.delivered() == 0);
  // Longer than the stream is kept waiting: it hangs up and comes back.
  weir.wait_for_log("the next one follows", std::chrono::seconds{60});
  bed.registry.start();
  weir.wait_for("all rows", [&] { return bed.delivered() == 1000; }, std::chrono::seconds{60});
  weir.wait_until_ready();
  const auto all = bed.kafka.read({bed.prefix + ".public.t"});
  CHECK(says(canonical(bed.decoded(all.back().key)), R"({"id":1000})"));
  CHECK(bed.kafka.count(bed.prefix + ".dead-letters") == 0);
  CHECK(weir.stop().code == 0);
}

TEST_CASE("a registry that is silent turns /ready red, and reading goes on when it speaks") {
  avro_bed bed;
  bed.postgres.exec("create table t (id int primary key)");
  support::weir_process weir{bed.environment({{"WEIR_STALL_AFTER", "1s"}, {"WEIR_HANG_UP_AFTER", "10m"}})};
  weir.wait_until_ready();
  bed.registry.freeze();
  bed.postgres.exec("insert into t select generate_series(1, 100)");
  weir.wait_for("/ready to say that the registry is silent", [&] {
    const auto answer = weir.get("/ready");
    return answer.status == 503 && says(answer.body, "the schema registry was asked");
  });
  weir.wait_for("/ready to say that the request is given up", [&] {
    const auto answer = weir.get("/ready");
    return answer.status == 503 && says(answer.body, "gave no answer: 15 s have passed");
  });
  CHECK(bed.delivered() == 0);
  bed.registry.thaw();
  weir.wait_for("all rows", [&] { return bed.delivered() == 100; });
  weir.wait_until_ready();
  CHECK(says(weir.log(), "the schema registry answers again: reading goes on"));
  CHECK_FALSE(says(weir.log(), "the next one follows"));

  bed.registry.freeze();
  bed.postgres.exec("create table late (id int primary key); insert into late values (1)");
  weir.wait_for("/ready to say it again", [&] { return weir.get("/ready").status == 503; });
  CHECK(weir.stop().code == 0);
}

TEST_CASE("a record in Avro that the broker refuses is replayed byte by byte") {
  avro_bed bed;
  bed.postgres.exec("create table t (id int primary key, body text)");
  bed.kafka.create_topic(bed.prefix + ".public.t", 1, {{"max.message.bytes", "20000"}});
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (1, repeat('x', 30000)), (2, 'small')");
  weir.wait_for("the small one", [&] { return bed.kafka.count(bed.prefix + ".public.t") == 1; });
  weir.wait_for("the letter", [&] { return bed.kafka.count(bed.prefix + ".dead-letters") == 1; });
  CHECK(weir.stop().code == 0);
  bed.kafka.alter_topic(bed.prefix + ".public.t", {{"max.message.bytes", "200000"}});
  support::weir_process replay{{{"WEIR_BROKERS", support::shared_brokers()}, {"WEIR_TOPIC_PREFIX", bed.prefix}},
                               {"replay"}};
  CHECK(replay.wait(std::chrono::seconds{60}).code == 0);
  INFO(replay.output() + replay.log());
  const auto all = bed.kafka.read({bed.prefix + ".public.t"});
  REQUIRE(all.size() == 2);
  CHECK(canonical(bed.decoded(all[1].key)) == R"({"id":1})");
  CHECK(says(canonical(bed.decoded(all[1].value)), "\"body\":\"" + std::string(30000, 'x')));
}
