#include <pipeline/dead_letters.hpp>
#include <pipeline/read_letter.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>
#include <vector>

namespace {

using namespace weir;
using namespace weir::pipeline;

const event::refusal too_large{"MSG_SIZE_TOO_LARGE", "too large"};
constexpr origin_of_letter origin{"all", "kafka", "shop.public.orders"};

std::vector<event::header> letter_headers() {
  return {{"weir.error.code", "X"},
          {"weir.listener", "all"},
          {"weir.target", "kafka"},
          {"weir.topic", "orders"},
          {"weir.time", "1700000000000"}};
}

}  // namespace

TEST_CASE("a letter is read as it was written") {
  const std::array<event::header, 3> headers{
      {{"weir.position", "1/0/2A/7/1"}, {"weir.run", "12"}, {"tenant", "seven"}}};
  const event::record what{"the key", "0123456789", headers};
  dead_letter written{what, too_large, {"all", "kafka", "shop.public.orders", 734, 5, 2}, 1'700'000'000'123};
  const auto part = written.part(2, 4);
  const auto read = read_letter_of(part.what);
  REQUIRE(read.has_value());
  CHECK(read->code == "MSG_SIZE_TOO_LARGE");
  CHECK(read->sentence == "too large");
  CHECK(read->listener == "all");
  CHECK(read->target == "kafka");
  CHECK(read->topic == "shop.public.orders");
  CHECK(read->position == "1/0/2A/7/1");
  CHECK(read->run == "12");
  CHECK(read->time_ms == 1'700'000'000'123);
  CHECK(read->part == 3);
  CHECK(read->parts == 3);
  CHECK_FALSE(read->holds_raw_row);
  CHECK(read->key == "the key");
  CHECK(read->value == "89");
  REQUIRE(read->headers.size() == 3);
  CHECK(read->headers[2].name == "tenant");
  CHECK(read->headers[2].value == "seven");
}

TEST_CASE("headers of the original stay, even where a letter has some of the same names") {
  // A part of a grouped transaction, and a letter about a letter.
  const std::array<event::header, 4> headers{
      {{"weir.part", "2"}, {"weir.parts", "5"}, {"weir.error.code", "OLD"}, {"weir.topic", "elsewhere"}}};
  const event::record what{std::nullopt, "value", headers};
  dead_letter written{what, too_large, origin, 1};
  const auto part = written.part(0, 100);
  const auto read = read_letter_of(part.what);
  REQUIRE(read.has_value());
  CHECK(read->part == 1);
  CHECK(read->parts == 1);
  CHECK(read->code == "MSG_SIZE_TOO_LARGE");
  CHECK(read->topic == "shop.public.orders");
  CHECK(read->headers.size() == 4);
}

TEST_CASE("tombstones and records without a key are read as such") {
  const event::record tombstone{"the key", std::nullopt, {}};
  dead_letter of_tombstone{tombstone, too_large, origin, 1};
  const auto first = of_tombstone.part(0, 10);
  CHECK_FALSE(read_letter_of(first.what)->value.has_value());
  CHECK(read_letter_of(first.what)->key == "the key");
  const event::record keyless{std::nullopt, "", {}};
  dead_letter of_keyless{keyless, too_large, origin, 1};
  const auto second = of_keyless.part(0, 10);
  CHECK(read_letter_of(second.what)->value == "");
  CHECK_FALSE(read_letter_of(second.what)->key.has_value());
}

TEST_CASE("a letter that holds the raw row says so") {
  const event::record what{std::nullopt, "{}", {}};
  SECTION("because the change could not be encoded") {
    dead_letter written{what, {"ENCODE", "not UTF-8"}, origin, 1};
    const auto part = written.part(0, 10);
    CHECK(read_letter_of(part.what)->holds_raw_row);
  }
  SECTION("because its writer says so") {
    dead_letter written{what, {"FILTER", "null"}, {"all", "kafka", "orders", {}, {}, {}, true}, 1};
    const auto part = written.part(0, 10);
    CHECK(read_letter_of(part.what)->holds_raw_row);
  }
}

TEST_CASE("what contradicts itself, or was never a letter, is none") {
  auto headers = letter_headers();
  CHECK(read_letter_of({"k", "v", headers}).has_value());
  SECTION("no error code") { headers[0].name = "code"; }
  SECTION("no topic") { headers[3].name = "t"; }
  SECTION("a time that is no number") { headers[4].value = "yesterday"; }
  SECTION("part 0") { headers.push_back({"weir.part", "0"}); }
  SECTION("part 3 of 2") {
    headers.push_back({"weir.part", "3"});
    headers.push_back({"weir.parts", "2"});
  }
  SECTION("a negative part") { headers.push_back({"weir.part", "-1"}); }
  CHECK_FALSE(read_letter_of({"k", "v", headers}).has_value());
}

TEST_CASE("a tombstone in parts is none") {
  auto headers = letter_headers();
  headers.push_back({"weir.part", "1"});
  headers.push_back({"weir.parts", "2"});
  CHECK(read_letter_of({"k", "v", headers}).has_value());
  CHECK_FALSE(read_letter_of({"k", std::nullopt, headers}).has_value());
}

TEST_CASE("a filter takes what has all that it names") {
  const auto headers = letter_headers();
  const auto letter = *read_letter_of({"k", "v", headers});
  CHECK(letter_filter{}.takes(letter));
  CHECK(letter_filter{.targets = {"other", "kafka"}}.takes(letter));
  CHECK_FALSE(letter_filter{.targets = {"other"}}.takes(letter));
  CHECK_FALSE(letter_filter{.listeners = {"some"}}.takes(letter));
  CHECK_FALSE(letter_filter{.codes = {"Y"}}.takes(letter));
  CHECK_FALSE(letter_filter{.topics = {"order"}}.takes(letter));
  CHECK_FALSE(letter_filter{.targets = {"kafka"}, .codes = {"Y"}}.takes(letter));
  CHECK(letter_filter{.since_ms = 1'700'000'000'000}.takes(letter));
  CHECK_FALSE(letter_filter{.since_ms = 1'700'000'000'001}.takes(letter));
  CHECK(letter_filter{.until_ms = 1'700'000'000'000}.takes(letter));
  CHECK_FALSE(letter_filter{.until_ms = 1'699'999'999'999}.takes(letter));
}
