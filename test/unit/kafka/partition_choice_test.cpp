#include <catch2/catch_test_macros.hpp>

#include <base/murmur2.hpp>

#include <string_view>

#include <kafka/partition_choice.hpp>

namespace weir::kafka {
namespace {

std::int32_t chosen(void* cookie, std::string_view key, std::int32_t count) {
  return choose_partition(nullptr, key.data(), key.size(), count, nullptr, cookie);
}

TEST_CASE("a record with a hash is where a Java client puts that, whatever its key is") {
  partition_choices choices;
  void* const cookie = choices.keep(7, murmur2("acme"));
  CHECK(chosen(cookie, "one", 12) == partition_of(murmur2("acme"), 12));
  CHECK(chosen(cookie, "other", 12) == partition_of(murmur2("acme"), 12));
  CHECK(choose_partition(nullptr, nullptr, 0, 13, nullptr, cookie) == partition_of(murmur2("acme"), 13));
}

TEST_CASE("a record without a hash among such is where its key says") {
  partition_choices choices;
  void* const cookie = choices.keep(7, std::nullopt);
  CHECK(chosen(cookie, "foobar", 12) == partition_of(murmur2("foobar"), 12));
  CHECK(chosen(cookie, "21", 12) == partition_of(murmur2("21"), 12));
}

TEST_CASE("a choice gives its token back and is used again") {
  partition_choices choices;
  void* const first = choices.keep(7, 1);
  void* const second = choices.keep(8, 2);
  const auto taken = choices.take(first);
  CHECK(taken.token == 7);
  CHECK(taken.hash == 1);
  void* const third = choices.keep(9, std::nullopt);
  CHECK(third == first);
  CHECK(choices.take(second).token == 8);
  CHECK(choices.take(third).token == 9);
}

}  // namespace
}  // namespace weir::kafka
