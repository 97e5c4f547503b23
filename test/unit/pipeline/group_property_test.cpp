#include <pipeline/group.hpp>
#include <pipeline/spill_file.hpp>
#include <support/temporary_directory.hpp>

#include <fmt/format.h>
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

/// Groups against the plainest model of them: every change in a vector.
namespace {

using namespace weir;
using namespace weir::pipeline;

struct modelled {
  group real;
  bytes limit;
  std::vector<std::string> changes;
  std::size_t given = 0;
  bool is_closed = false;
};

/// How many of the changes from `from` on fit into one part.
std::size_t changes_in_part(const modelled& of, std::size_t from) {
  auto size = group::frame + of.changes[from].size();
  auto to = from + 1;
  while (to < of.changes.size() && size + 1 + of.changes[to].size() <= of.limit) {
    size += 1 + of.changes[to++].size();
  }
  return to - from;
}

void check_next(modelled& of) {
  const auto expected = changes_in_part(of, of.given);
  std::string text;
  for (auto n = of.given; n < of.given + expected; ++n) text += (n == of.given ? "" : ",") + of.changes[n];
  const auto part = of.real.next();
  REQUIRE(part.changes == expected);
  of.given += expected;
  REQUIRE(part.last_seq == of.given);
  REQUIRE(part.value.ends_with("\"changes\":[" + text + "]}"));
  REQUIRE((part.value.size() <= of.limit || expected == 1));
  REQUIRE((part.number == part.count) == (of.given == of.changes.size()));
}

}  // namespace

TEST_CASE("groups that come, spill, roll back and are given out in any mixture hold what was added") {
  std::mt19937 random{Catch::getSeed()};
  const auto up_to = [&](std::size_t most) { return random() % (most + 1); };
  const support::temporary_directory directory;
  constexpr bytes memory = mebibyte;
  group_space space{memory, directory.path(), 512 * mebibyte};
  std::deque<modelled> all;
  std::size_t spilling_rounds = 0;
  for (int step = 0; step < 6'000; ++step) {
    if (all.size() < 4 || up_to(200) == 0) {
      const bytes limit = group::frame + 1 + up_to(up_to(3) == 0 ? 700'000 : 20'000);
      all.push_back({group{space, limit}, limit, {}, 0, false});
    }
    auto& one = all[up_to(all.size() - 1)];
    const auto choice = up_to(99);
    if (one.is_closed) {
      if (one.real.has_more()) check_next(one);
    } else if (choice < 95) {
      std::string change(up_to(up_to(30) == 0 ? 400'000 : 4'000), static_cast<char>('a' + up_to(25)));
      one.real.add(change, one.changes.size() + 1);
      one.changes.push_back(std::move(change));
    } else if (choice < 99) {
      one.real.close(event::transaction{});
      one.is_closed = true;
    } else {
      one.changes.clear();
      one.is_closed = true;
      one.real = group{space, one.limit};
    }
    std::erase_if(all, [](const modelled& each) {
      return each.is_closed && each.given == each.changes.size() && !each.real.has_more();
    });
    REQUIRE(space.in_memory() <= memory + all.size() * spill_file::block_size);
    if (space.spilled() > 0) ++spilling_rounds;
  }
  CHECK(spilling_rounds > 0);
  all.clear();
  CHECK(space.in_memory() == 0);
  CHECK(space.spilled() == 0);
}
