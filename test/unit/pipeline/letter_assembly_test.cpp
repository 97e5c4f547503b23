#include <pipeline/dead_letters.hpp>
#include <pipeline/letter_assembly.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace weir;
using namespace weir::pipeline;

/// A dead letter as it lies in the topic.
class lying_letter {
 public:
  lying_letter(std::string value, std::size_t part_size, std::string position = "1/0/2A/7/1",
               std::int64_t time = 1)
      : value_(std::move(value)),
        position_(std::move(position)),
        part_size_(part_size),
        written_({"the key", value_, headers_}, {"CODE", "why"}, time) {}

  [[nodiscard]] std::size_t parts() const { return written_.letter.parts(part_size_); }
  std::optional<whole_letter> put(letter_assembly& into, std::size_t part, letter_place at = {}) {
    const auto made = written_.letter.part(part, part_size_);
    return into.add(*read_letter_of(made.what), at);
  }

 private:
  struct written {
    written(event::record of, event::refusal with, std::int64_t time)
        : what(of), why(std::move(with)), letter(what, why, {"all", "kafka", "orders"}, time) {}
    event::record what;
    event::refusal why;
    dead_letter letter;
  };

  std::string value_;
  std::string position_;
  std::array<event::header, 2> headers_{{{"weir.position", position_}, {"weir.run", "12"}}};
  std::size_t part_size_;
  written written_;
};

}  // namespace

TEST_CASE("a letter in one part is whole at once: key, value, the original's headers and where it lay") {
  letter_assembly assembly{1000};
  lying_letter letter{"0123456789", 100};
  const auto whole = letter.put(assembly, 0, {3, 17});
  REQUIRE(whole.has_value());
  const auto record = whole->record();
  CHECK(record.key == "the key");
  CHECK(record.value == "0123456789");
  REQUIRE(record.headers.size() == 3);
  CHECK(record.headers[0].name == "weir.position");
  CHECK(record.headers[0].value == "1/0/2A/7/1");
  CHECK(record.headers[1].name == "weir.run");
  CHECK(record.headers[2].name == "weir.replayed");
  CHECK(record.headers[2].value == "3/17");
  CHECK(whole->topic() == "orders");
  CHECK(whole->target() == "kafka");
  CHECK(assembly.incomplete().empty());
}

TEST_CASE("tombstones and missing keys survive") {
  letter_assembly assembly{1000};
  const event::refusal why{"CODE", "why"};
  const event::record tombstone{"the key", std::nullopt, {}};
  dead_letter of_tombstone{tombstone, why, {"all", "kafka", "orders"}, 1};
  const auto first = of_tombstone.part(0, 10);
  const auto null_value = assembly.add(*read_letter_of(first.what), {});
  CHECK_FALSE(null_value->record().value.has_value());
  CHECK(null_value->record().key == "the key");
  const event::record keyless{std::nullopt, "", {}};
  dead_letter of_keyless{keyless, why, {"all", "kafka", "orders"}, 1};
  const auto second = of_keyless.part(0, 10);
  const auto null_key = assembly.add(*read_letter_of(second.what), {});
  CHECK(null_key->record().value == "");
  CHECK_FALSE(null_key->record().key.has_value());
}

TEST_CASE("what chose the partition in place of the key chooses it again") {
  letter_assembly assembly{1000};
  const event::refusal why{"CODE", "why"};
  event::record what{"the key", "value", {}};
  CHECK_FALSE(what.partition_hash.has_value());
  SECTION("it was the key") {}
  SECTION("it was a column") { what.partition_hash = 4'000'000'000; }
  dead_letter letter{what, why, {"all", "kafka", "orders"}, 1};
  const auto part = letter.part(0, 10);
  CHECK(assembly.add(*read_letter_of(part.what), {})->record().partition_hash == what.partition_hash);
}

TEST_CASE("parts of several letters come together in any order, from any partition") {
  std::mt19937 random{Catch::getSeed()};
  for (int round = 0; round < 200; ++round) {
    letter_assembly assembly{1'000'000};
    std::vector<std::string> values;
    std::vector<std::unique_ptr<lying_letter>> letters;
    std::vector<std::pair<std::size_t, std::size_t>> order;
    const auto count = 1 + random() % 5;
    for (std::size_t n = 0; n < count; ++n) {
      std::string value(1 + random() % 300, '?');
      for (auto& c : value) c = static_cast<char>(random());
      values.push_back(value);
      letters.push_back(
          std::make_unique<lying_letter>(value, 1 + random() % 60, "1/0/2A/" + std::to_string(n) + "/1"));
      for (std::size_t part = 0; part < letters.back()->parts(); ++part) order.emplace_back(n, part);
    }
    std::shuffle(order.begin(), order.end(), random);
    std::size_t whole = 0;
    for (const auto& [letter, part] : order) {
      const auto made = letters[letter]->put(
          assembly, part, {static_cast<std::int32_t>(letter), static_cast<std::int64_t>(part)});
      if (!made) continue;
      ++whole;
      REQUIRE(made->record().value == values[letter]);
      // Of the first part, wherever it came.
      REQUIRE(made->record().headers.back().value == std::to_string(letter) + "/0");
    }
    REQUIRE(whole == count);
    REQUIRE(assembly.held() == 0);
    REQUIRE(assembly.incomplete().empty());
  }
}

TEST_CASE("a letter with a missing part is reported and never sent") {
  letter_assembly assembly{1000};
  lying_letter letter{"0123456789", 3};
  CHECK_FALSE(letter.put(assembly, 1, {0, 5}).has_value());
  CHECK_FALSE(letter.put(assembly, 3).has_value());
  CHECK_FALSE(letter.put(assembly, 0).has_value());
  // The same once more is not the one that is missing.
  CHECK_FALSE(letter.put(assembly, 0).has_value());
  const auto incomplete = assembly.incomplete();
  REQUIRE(incomplete.size() == 1);
  CHECK(incomplete[0].topic == "orders");
  CHECK(incomplete[0].position == "1/0/2A/7/1");
  CHECK(incomplete[0].seen_at == letter_place{0, 5});
  CHECK(incomplete[0].parts == 4);
  CHECK(incomplete[0].came == 3);
  CHECK(incomplete[0].has_first);
  CHECK_FALSE(incomplete[0].was_too_large);
}

TEST_CASE("parts of one record that two runs wrote are two letters") {
  letter_assembly assembly{1000};
  lying_letter broken_off{"0123456789", 5, "1/0/2A/7/1", 1};
  lying_letter again{"0123456789", 5, "1/0/2A/7/1", 2};
  CHECK_FALSE(broken_off.put(assembly, 0).has_value());
  CHECK_FALSE(again.put(assembly, 1).has_value());
  CHECK(assembly.incomplete().size() == 2);
  CHECK(again.put(assembly, 0).has_value());
  // What was broken off is no loss: the record was written again, whole.
  CHECK(assembly.incomplete().empty());
}

TEST_CASE("beyond its memory the letter that waits longest is given up and reported") {
  letter_assembly assembly{100};
  lying_letter first{std::string(80, 'a'), 40, "1/0/1/1/0"};
  lying_letter second{std::string(160, 'b'), 80, "1/0/2/1/0"};
  CHECK_FALSE(first.put(assembly, 0).has_value());
  CHECK_FALSE(second.put(assembly, 0).has_value());
  CHECK(assembly.held() == 80);
  CHECK_FALSE(first.put(assembly, 1).has_value());
  CHECK(second.put(assembly, 1).has_value());
  CHECK(assembly.held() == 0);
  const auto incomplete = assembly.incomplete();
  REQUIRE(incomplete.size() == 1);
  CHECK(incomplete[0].position == "1/0/1/1/0");
  CHECK(incomplete[0].was_too_large);
  CHECK(incomplete[0].came == 2);
}

TEST_CASE("a letter that is larger than the memory by itself is put together alone") {
  letter_assembly assembly{100};
  lying_letter letter{std::string(1000, 'a'), 90};
  std::optional<whole_letter> whole;
  for (std::size_t part = 0; part < letter.parts(); ++part) whole = letter.put(assembly, part);
  REQUIRE(whole.has_value());
  CHECK(whole->record().value == std::string(1000, 'a'));
}
