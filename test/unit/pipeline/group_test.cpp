#include <base/failure.hpp>
#include <pipeline/group.hpp>
#include <pipeline/spill_file.hpp>
#include <support/temporary_directory.hpp>

#include <fmt/format.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace weir;
using namespace weir::pipeline;
using Catch::Matchers::ContainsSubstring;

constexpr bytes block = spill_file::block_size;

event::transaction committed() {
  event::transaction of;
  of.xid = 734;
  of.final_lsn = lsn{0x16B374D848};
  of.commit_time = wall_time{std::chrono::microseconds{1'700'000'000'123'999}};
  return of;
}

struct given_part {
  std::string value;
  std::uint32_t number, count;
  std::uint64_t changes, last_seq;
};

std::vector<given_part> all_of(group& from) {
  std::vector<given_part> all;
  while (from.has_more()) {
    const auto promised = from.next_size();
    const auto part = from.next();
    CHECK(part.value.size() <= promised);
    CHECK(part.value.size() + group::frame >= promised);
    all.push_back({std::string{part.value}, part.number, part.count, part.changes, part.last_seq});
  }
  return all;
}

/// The largest change that fits into a part of `limit` bytes by itself.
std::string change_for(bytes limit, bytes less = 0) {
  return std::string(limit - group::frame - 1 - less, 'x');
}

std::string reason_of(auto&& doing) {
  try {
    doing();
  } catch (const failure& caught) {
    CHECK(caught.decision() == verdict::permanent);
    UNSCOPED_INFO(caught.what());
    return caught.reason();
  }
  return "no failure";
}

}  // namespace

TEST_CASE("a small transaction is one record that says all about it") {
  group_space space{mebibyte, "", 0};
  group of{space, mebibyte};
  of.add(R"({"op":"c"})", 1);
  of.add(R"({"op":"d"})", 4);
  CHECK_FALSE(of.has_more());
  of.close(committed());
  const auto parts = all_of(of);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].value ==
        R"({"transaction":{"id":"734:16/B374D848","xid":734,"commit_lsn":"16/B374D848",)"
        R"("commit_ts_ms":1700000000123,"count":2},"part":1,"parts":1,"changes":[{"op":"c"},{"op":"d"}]})");
  CHECK(parts[0].changes == 2);
  CHECK(parts[0].last_seq == 4);
}

TEST_CASE("a transaction without a change has no record") {
  group_space space{mebibyte, "", 0};
  group of{space, mebibyte};
  of.close(committed());
  CHECK_FALSE(of.has_more());
  CHECK(space.in_memory() == 0);
}

TEST_CASE("every part says which it is, how many there are, and where it ends") {
  group_space space{mebibyte, "", 0};
  group of{space, group::frame + 20};
  for (std::uint64_t seq = 1; seq <= 5; ++seq) of.add(R"({"n":12})", 10 * seq);
  of.close(committed());
  const auto parts = all_of(of);
  REQUIRE(parts.size() == 3);
  CHECK_THAT(parts[0].value,
             ContainsSubstring(R"("count":5},"part":1,"parts":3,"changes":[{"n":12},{"n":12}]})"));
  CHECK_THAT(parts[2].value, ContainsSubstring(R"("count":5},"part":3,"parts":3,"changes":[{"n":12}]})"));
  CHECK(parts[1].number == 2);
  CHECK(parts[1].count == 3);
  CHECK(parts[1].last_seq == 40);
  CHECK(parts[2].changes == 1);
}

TEST_CASE("a part is full when one byte more would be above the limit") {
  constexpr bytes limit = 1000;
  const auto less = GENERATE(bytes{0}, bytes{1});
  group_space space{mebibyte, "", 0};
  group of{space, limit};
  of.add("x", 1);
  // With the comma this takes exactly what is left, or one byte too much.
  of.add(std::string(limit - group::frame - 2 + less, 'y'), 2);
  of.close(committed());
  CHECK(all_of(of).size() == (less == 0 ? 1 : 2));
}

TEST_CASE("the frame is counted with what it can take at most") {
  group_space space{mebibyte, "", 0};
  event::transaction longest;
  longest.xid = ~std::uint32_t{0};
  longest.final_lsn = lsn{~std::uint64_t{0}};
  longest.commit_time = wall_time::min();
  // The longest numbers of all: count with 20 digits, part and parts with 10 each.
  group of{space, mebibyte};
  of.add("", 1);
  of.close(longest);
  const auto value = all_of(of).front().value;
  constexpr bytes longer_count = 19;
  constexpr bytes longer_parts = 2 * 9;
  CHECK(value.size() + longer_count + longer_parts <= group::frame);
}

TEST_CASE("a change above the limit is a part of its own, between full neighbours") {
  constexpr bytes limit = 1000;
  group_space space{mebibyte, "", 0};
  group of{space, limit};
  const std::string huge(5000, 'h');
  of.add("a", 1);
  of.add(huge, 2);
  of.add("b", 3);
  of.add("c", 4);
  of.close(committed());
  const auto parts = all_of(of);
  REQUIRE(parts.size() == 3);
  CHECK(parts[1].changes == 1);
  CHECK_THAT(parts[1].value, ContainsSubstring(R"("changes":[)" + huge + "]}"));
  CHECK_THAT(parts[2].value, ContainsSubstring(R"("changes":[b,c]})"));
}

TEST_CASE("beyond its share of memory a transaction goes to the file, and comes back as it was") {
  const support::temporary_directory directory;
  group_space space{mebibyte, directory.path(), 64 * mebibyte};
  std::string expected;
  group of{space, 8 * mebibyte};
  for (std::uint64_t seq = 1; seq <= 40'000; ++seq) {
    const auto change = fmt::format(R"({{"seq":{},"text":"{}"}})", seq, std::string(seq % 97, 'x'));
    of.add(change, seq);
    expected += (expected.empty() ? "" : ",") + change;
    REQUIRE(space.in_memory() <= mebibyte + block);
  }
  CHECK(space.spilled() >= expected.size() - mebibyte - block);
  CHECK(space.spilled_total() == space.spilled());
  of.close(committed());
  const auto parts = all_of(of);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].value.ends_with(R"("changes":[)" + expected + "]}"));
  CHECK(space.spilled() == 0);
  CHECK(space.in_memory() == 0);
}

TEST_CASE("a change of 16 MB is written as it comes and never held twice") {
  const support::temporary_directory directory;
  group_space space{mebibyte, directory.path(), 64 * mebibyte};
  std::string huge(16'000'000, '?');
  for (std::size_t n = 0; n < huge.size(); ++n) huge[n] = static_cast<char>('a' + n % 26);
  group of{space, mebibyte};
  of.add("{}", 1);
  of.add(huge, 2);
  of.add("{}", 3);
  CHECK(space.in_memory() <= mebibyte + block);
  of.close(committed());
  const auto parts = all_of(of);
  REQUIRE(parts.size() == 3);
  CHECK(parts[1].value.ends_with(R"("changes":[)" + huge + "]}"));
}

TEST_CASE("a group that is given up frees memory and file, others keep theirs") {
  const support::temporary_directory directory;
  group_space space{block, directory.path(), 64 * mebibyte};
  group kept{space, mebibyte};
  kept.add(std::string(3 * block, 'k'), 1);
  const auto before = std::pair{space.in_memory(), space.spilled()};
  {
    group rolled_back{space, mebibyte};
    for (std::uint64_t seq = 1; seq < 10'000; ++seq) rolled_back.add(std::string(500, 'r'), seq);
    CHECK(space.spilled() > before.second);
  }
  CHECK(std::pair{space.in_memory(), space.spilled()} == before);
  kept.close(committed());
  CHECK(all_of(kept).front().value.ends_with(std::string(3 * block, 'k') + "]}"));
}

TEST_CASE("what is given out makes room for what comes in") {
  const support::temporary_directory directory;
  group_space space{0, directory.path(), 40 * block};
  // Twenty times a bit less than the limit: only because blocks are used again does it fit.
  std::optional<group> before;
  for (int round = 0; round < 20; ++round) {
    group now{space, 4 * block};
    for (std::uint64_t seq = 1; seq <= 16; ++seq) now.add(change_for(block), seq);
    now.close(committed());
    if (before) CHECK(all_of(*before).size() > 1);
    before = std::move(now);
  }
  CHECK(space.spilled() <= 40 * block);
  CHECK(space.spilled_total() > 200 * block);
}

TEST_CASE("groups share the memory, and each keeps a block of its own") {
  const support::temporary_directory directory;
  group_space space{2 * mebibyte, directory.path(), 64 * mebibyte};
  std::vector<group> many;
  for (int n = 0; n < 8; ++n) {
    auto& last = many.emplace_back(space, mebibyte);
    for (std::uint64_t seq = 1; seq <= 1000; ++seq) last.add(std::string(1000, 'x'), seq);
  }
  CHECK(space.in_memory() <= 2 * mebibyte + 8 * block);
  CHECK(space.spilled() > 0);
}

TEST_CASE("many small transactions take memory by their size") {
  group_space space{64 * mebibyte, "", 0};
  std::vector<group> many;
  for (int n = 0; n < 1000; ++n) many.emplace_back(space, mebibyte).add(std::string(300, 'x'), 1);
  CHECK(space.in_memory() <= 1000 * kibibyte);
}

TEST_CASE("without a directory a transaction beyond its share of memory is a failure") {
  group_space space{mebibyte, "", 0};
  group of{space, mebibyte};
  CHECK(reason_of([&] { of.add(std::string(3 * mebibyte, 'x'), 1); }) == "spill_missing");
}

TEST_CASE("the limit of the directory is exact, and reaching it says what to do") {
  const support::temporary_directory directory;
  group_space space{0, directory.path(), 4 * block};
  std::optional<group> of{std::in_place, space, mebibyte};
  // Four blocks in the file and one in memory.
  of->add(std::string(5 * block, 'x'), 1);
  CHECK(space.spilled() == 4 * block);
  try {
    of->add("y", 2);
    FAIL("nothing was thrown");
  } catch (const failure& caught) {
    CHECK(caught.reason() == "spill_limit");
    CHECK(caught.decision() == verdict::permanent);
    CHECK_THAT(caught.what(), ContainsSubstring(directory.path().string()) && ContainsSubstring("1048576") &&
                                  ContainsSubstring("WEIR_SPILL_LIMIT"));
  }
  of.reset();
  CHECK(space.spilled() == 0);
  CHECK(space.in_memory() == 0);
  group next{space, mebibyte};
  next.add(std::string(5 * block, 'x'), 1);
}

TEST_CASE("a directory that is missing or may not be written is named at start") {
  const support::temporary_directory directory;
  CHECK(reason_of([&] { group_space{mebibyte, directory / "missing", mebibyte}; }) == "spill_directory");
  support::write_text(directory / "file", "");
  CHECK(reason_of([&] { group_space{mebibyte, directory / "file", mebibyte}; }) == "spill_directory");
  CHECK(reason_of([&] { group_space{mebibyte, "/proc", mebibyte}; }) == "spill_directory");
}
