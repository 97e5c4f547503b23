#include <pipeline/dead_letters.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <map>
#include <string>
#include <vector>

using namespace weir;
using namespace weir::pipeline;

namespace {

struct refused_record {
  std::string value = "0123456789";
  std::array<event::header, 2> headers{{{"weir.position", "1/0/2A/7/1"}, {"weir.run", "12"}}};
  event::record what{"the key", value, headers};
  event::refusal why{"MSG_SIZE_TOO_LARGE", "the record has 10 bytes and the topic takes 4"};
  dead_letter letter{what, why, {"all", "kafka", "shop.public.orders"}, 1'700'000'000'123};

  static std::map<std::string, std::string> headers_of(const dead_letter_part& part) {
    std::map<std::string, std::string> found;
    for (const auto& each : part.what.headers) {
      CHECK(found.emplace(each.name, each.value).second);
    }
    return found;
  }
};

}  // namespace

TEST_CASE_METHOD(refused_record, "a dead letter keeps key, value and headers, and says what and where from") {
  CHECK(letter.parts(10) == 1);
  const auto whole = letter.part(0, 10);
  CHECK(whole.what.key == "the key");
  CHECK(whole.what.value == "0123456789");
  CHECK(whole.at == event::position{1, lsn{0x2A}, 7, 1});
  CHECK(headers_of(whole) == std::map<std::string, std::string>{
                                 {"weir.position", "1/0/2A/7/1"},
                                 {"weir.run", "12"},
                                 {"weir.error.code", "MSG_SIZE_TOO_LARGE"},
                                 {"weir.error", "the record has 10 bytes and the topic takes 4"},
                                 {"weir.listener", "all"},
                                 {"weir.target", "kafka"},
                                 {"weir.topic", "shop.public.orders"},
                                 {"weir.time", "1700000000123"},
                             });
}

TEST_CASE("a dead letter says as much of its transaction and attempts as is known, in every part") {
  const event::record what{"the key", "0123456789", {}};
  const event::refusal why{"POLICY_VIOLATION", "no"};
  dead_letter letter{what, why, {"all", "kafka", "orders", 734, 1'700'000'000'000, 3, true}, 1};
  for (std::size_t number = 0; number < 2; ++number) {
    const auto found = refused_record::headers_of(letter.part(number, 5));
    CHECK(found.at("weir.xid") == "734");
    CHECK(found.at("weir.commit_time") == "1700000000000");
    CHECK(found.at("weir.attempts") == "3");
    CHECK(found.at("weir.content") == "raw_row");
    CHECK(found.at("weir.parts") == "2");
  }
}

TEST_CASE("a letter's own headers stand behind the original's, and begin with the same one") {
  const std::array<event::header, 2> headers{{{"weir.part", "2"}, {"weir.parts", "5"}}};
  const event::record what{"the key", "value", headers};
  const event::refusal why{"POLICY_VIOLATION", "no"};
  dead_letter letter{what, why, {"all", "kafka", "orders"}, 1};
  const auto whole = letter.part(0, 100);
  CHECK(whole.what.headers[0].name == "weir.part");
  CHECK(whole.what.headers[1].name == "weir.parts");
  CHECK(whole.what.headers[2].name == first_letter_header);
}

TEST_CASE_METHOD(refused_record, "a value that is too large for one dead letter goes in parts, all of it") {
  CHECK(letter.parts(4) == 3);
  std::string together;
  for (std::size_t number = 0; number < 3; ++number) {
    const auto part = letter.part(number, 4);
    together += *part.what.value;
    CHECK(part.what.value->size() <= 4);
    CHECK(part.what.key == "the key");
    CHECK(part.at == event::position{1, lsn{0x2A}, 7, 1});
    const auto found = headers_of(part);
    CHECK(found.at("weir.part") == std::to_string(number + 1));
    CHECK(found.at("weir.parts") == "3");
    CHECK(found.at("weir.error.code") == "MSG_SIZE_TOO_LARGE");
  }
  CHECK(together == value);
}

TEST_CASE_METHOD(refused_record, "a value that fills its parts exactly makes no empty one") {
  CHECK(letter.parts(5) == 2);
  CHECK(letter.part(1, 5).what.value == "56789");
}

TEST_CASE("a refused tombstone stays a tombstone") {
  const event::record what{"the key", std::nullopt, {}};
  const event::refusal why{"POLICY_VIOLATION", "no"};
  dead_letter letter{what, why, {"all", "kafka", "orders"}, 1};
  CHECK(letter.parts(10) == 1);
  const auto whole = letter.part(0, 10);
  CHECK(whole.what.key == "the key");
  CHECK_FALSE(whole.what.value.has_value());
  CHECK(whole.at == event::position{});
}

TEST_CASE("an empty value stays an empty value") {
  const event::record what{std::nullopt, "", {}};
  const event::refusal why{"POLICY_VIOLATION", "no"};
  dead_letter letter{what, why, {"all", "kafka", "orders"}, 1};
  CHECK(letter.parts(10) == 1);
  CHECK(letter.part(0, 10).what.value == "");
  CHECK_FALSE(letter.part(0, 10).what.key.has_value());
}

namespace {

using state = event::value::state;

event::relation table() {
  event::relation made;
  made.schema = "public";
  made.name = "t";
  made.columns = {{.name = "id"}, {.name = "note"}, {.name = "\xFF"}};
  return made;
}

}  // namespace

TEST_CASE("a row that cannot be encoded is kept byte by byte as base64") {
  const auto of = table();
  const std::array<event::value, 3> before{{{state::text, "1"}, {}, {}}};
  const std::array<event::value, 3> after{
      {{state::text, "12"}, {state::text, "\xFF\xFE\x00z"}, {state::unchanged, {}}}};
  event::change what;
  what.op = event::operation::update;
  what.table = &of;
  what.before_is = event::old_row::identity;
  what.before = before;
  what.after = after;
  CHECK(
      raw_row(what) ==
      R"({"op":"u","schema":{"base64":"cHVibGlj"},"table":{"base64":"dA=="},)"
      R"("before":[{"column":{"base64":"aWQ="},"base64":"MQ=="},{"column":{"base64":"bm90ZQ=="},"is":"null"},)"
      R"({"column":{"base64":"/w=="},"is":"null"}],)"
      R"("after":[{"column":{"base64":"aWQ="},"base64":"MTI="},{"column":{"base64":"bm90ZQ=="},"base64":"//4="},)"
      R"({"column":{"base64":"/w=="},"is":"unchanged"}]})");
}

TEST_CASE("a message that cannot be encoded is kept as base64") {
  event::change what;
  what.op = event::operation::message;
  what.message_prefix = "audit";
  what.message_content = "\xFF";
  CHECK(raw_row(what) == R"({"op":"m","prefix":{"base64":"YXVkaXQ="},"content":{"base64":"/w=="}})");
}

TEST_CASE("base64 pads as it should for every length") {
  event::change what;
  what.op = event::operation::message;
  const std::vector<std::pair<std::string, std::string>> known{{"", ""},
                                                               {"f", "Zg=="},
                                                               {"fo", "Zm8="},
                                                               {"foo", "Zm9v"},
                                                               {"foob", "Zm9vYg=="},
                                                               {"fooba", "Zm9vYmE="},
                                                               {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : known) {
    what.message_content = plain;
    CHECK(raw_row(what).ends_with(R"("content":{"base64":")" + coded + R"("}})"));
  }
}
