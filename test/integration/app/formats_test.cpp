#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace weir;

namespace {

constexpr auto document = R"({
  "listeners": [
    {"name": "people", "tables": ["public.people"],
     "columns": {"exclude": ["secret"], "mask": [{"columns": ["mail"], "hash": "sha256"}, {"columns": ["public.people.phone"], "truncate": 3}]},
     "targets": ["described", "flat", "events"]},
    {"name": "groups", "tables": ["public.people"], "group_by": "transaction", "columns": {"include": ["id", "name"]},
     "targets": ["groups"]}
  ],
  "targets": [
    {"name": "described", "topic": "{prefix}.described", "format": "debezium+schema"},
    {"name": "flat", "topic": "{prefix}.flat", "format": "flat"},
    {"name": "events", "topic": "{prefix}.events", "format": "cloudevents"},
    {"name": "groups", "topic": "{prefix}.groups", "format": "flat"}
  ]
})";

constexpr auto people =
    "create table people(id int primary key, name text, mail text, phone text, secret text); "
    "alter table people replica identity full";

std::vector<support::kafka_record> read(app_test::bed& bed, const std::string& topic) {
  return bed.kafka.read({bed.prefix + "." + topic});
}

bool holds(const std::optional<std::string>& text, std::string_view part) {
  return text && text->find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("each target has its format, and what a listener hides is in none") {
  app_test::bed bed;
  bed.postgres.exec(people);
  support::weir_process weir{bed.environment({{"WEIR_CONFIG", document}, {"WEIR_MASK_SALT", "pepper"}})};
  weir.wait_until_ready();
  bed.postgres.exec("insert into people values (1, 'Ann', 'Ann', '0123456', 'hush')");
  bed.postgres.exec("update people set name = 'Anne' where id = 1");
  bed.postgres.exec("update people set id = 2 where id = 1");
  bed.postgres.exec("delete from people where id = 2");
  // Insert, update, then delete, tombstone and create of the changed key, and at last delete and tombstone.
  weir.wait_for("all records", [&] {
    return bed.kafka.count(bed.prefix + ".described") == 7 && bed.kafka.count(bed.prefix + ".flat") == 7 &&
           bed.kafka.count(bed.prefix + ".events") == 7 && bed.kafka.count(bed.prefix + ".groups") == 4;
  });
  // printf pepperAnn | sha256sum
  constexpr auto hash = "4e2265226d9636581a64daadca1827d56219e5df446aa29b4b2fed622a56c557";
  const auto row = std::string{R"({"id":1,"name":"Ann","mail":")"} + hash + R"(","phone":"012"})";

  const auto described = read(bed, "described");
  REQUIRE(described.size() == 7);
  CHECK(
      described[0].key ==
      R"({"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"}],"optional":false,)"
      R"("name":")" +
          bed.prefix + R"(.public.people.Key"},"payload":{"id":1}})");
  CHECK(holds(described[0].value,
              R"(.public.people.Envelope","version":2},"payload":{"before":null,"after":)" + row));
  CHECK(described[3].value == std::nullopt);
  CHECK(described[4].header("__debezium.oldkey") == R"({"id":1})");

  const auto flat = read(bed, "flat");
  REQUIRE(flat.size() == 7);
  CHECK(holds(flat[0].value,
              row.substr(0, row.size() - 1) + R"(,"__deleted":"false","__op":"c","__schema":"public")"));
  CHECK(holds(flat[5].value, R"({"id":2,"name":"Anne",)"));
  CHECK(holds(flat[5].value, R"("__deleted":"true","__op":"d")"));
  CHECK(flat[6].value == std::nullopt);

  const auto events = read(bed, "events");
  REQUIRE(events.size() == 7);
  CHECK(holds(events[0].value, R"("data":{"before":null,"after":)" + row + "}}"));
  CHECK(holds(events[1].value, R"("data":{"before":)" + row));

  const auto groups = read(bed, "groups");
  REQUIRE(groups.size() == 4);
  CHECK(holds(groups[0].value, R"("changes":[{"id":1,"name":"Ann","__deleted":"false")"));
  for (const auto& each : bed.kafka.read_prefix(bed.prefix + ".")) {
    CHECK_FALSE(holds(each.value, "hush"));
    CHECK_FALSE(holds(each.value, "0123456"));
  }
  CHECK(weir.stop().code == 0);
}

TEST_CASE("weir check shows formats and columns, and the mistakes in them") {
  app_test::bed bed;
  bed.postgres.exec(people);
  support::weir_process good{bed.environment({{"WEIR_CONFIG", document}, {"WEIR_MASK_SALT", "pepper"}}),
                             {"check"}};
  CHECK(good.wait(std::chrono::seconds{40}).code == 0);
  CHECK(good.output().find("takes public.people (id, name, mail masked, phone masked)") != std::string::npos);
  CHECK(good.output().find("with key (id), as debezium+schema") != std::string::npos);
  CHECK(good.output().find("pepper") == std::string::npos);

  constexpr auto wrong = R"({
    "listeners": [{"name": "a", "columns": {"exclude": ["id"], "mask": [{"columns": ["mial"], "fixed": "x"}]}, "targets": ["one"]},
                  {"name": "b", "columns": {"mask": [{"columns": ["name"], "fixed": "x"}]}, "targets": ["two"]}],
    "targets": [{"name": "one"}, {"name": "two", "topic": "{prefix}.{new.name}", "key": ["name"], "headers": {"who": "{new.name}"}}]
  })";
  support::weir_process bad{bed.environment({{"WEIR_CONFIG", wrong}}), {"check"}};
  CHECK(bad.wait(std::chrono::seconds{40}).code != 0);
  const auto text = bad.output();
  INFO(text);
  CHECK(text.find("hides the column id, which belongs to the key of public.people") != std::string::npos);
  CHECK(text.find("did you mean mail?") != std::string::npos);
  CHECK(text.find("is the column name, which listener \"b\" has masked for public.people") !=
        std::string::npos);
  CHECK(text.find("/targets/1/headers/who") != std::string::npos);
  CHECK(text.find("/targets/1/topic") != std::string::npos);
}
