#include <pipeline/group.hpp>
#include <pipeline/spill_file.hpp>
#include <support/temporary_directory.hpp>

#include <fmt/format.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace weir;
using namespace weir::pipeline;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WEIR_SANITIZED_MEMORY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WEIR_SANITIZED_MEMORY
#endif
#endif

/// Of the whole process; nothing where a sanitizer keeps what was freed.
bytes resident() {
#if defined(WEIR_SANITIZED_MEMORY)
  return 0;
#else
  std::ifstream in{"/proc/self/statm"};
  bytes all = 0;
  bytes pages = 0;
  in >> all >> pages;
  return pages * static_cast<bytes>(::sysconf(_SC_PAGESIZE));
#endif
}

constexpr bytes memory = 4 * mebibyte;
constexpr bytes record_limit = mebibyte;

}  // namespace

TEST_CASE("002-12 a transaction of a million changes is grouped in bounded memory and loses none") {
  constexpr std::uint64_t changes = 1'000'000;
  const support::temporary_directory directory;
  group_space space{memory, directory.path(), 1024 * mebibyte};
  const auto before = resident();
  auto peak = before;
  group of{space, record_limit};
  std::string change;
  const auto make_change = [&](std::uint64_t seq) -> const std::string& {
    change.clear();
    fmt::format_to(std::back_inserter(change), R"({{"op":"c","after":{{"id":{},"text":"{:0>150}"}}}})", seq,
                   seq);
    return change;
  };
  for (std::uint64_t seq = 1; seq <= changes; ++seq) {
    of.add(make_change(seq), seq);
    if (space.in_memory() > memory + spill_file::block_size) FAIL("in memory: " << space.in_memory());
    if (seq % 100'000 == 0) peak = std::max(peak, resident());
  }
  CHECK(of.size() > 150 * mebibyte);
  of.close(event::transaction{});

  std::uint64_t seen = 0;
  while (of.has_more()) {
    const auto part = of.next();
    peak = std::max(peak, resident());
    REQUIRE(part.value.size() <= record_limit);
    auto at = part.value.find("\"changes\":[") + std::string_view{"\"changes\":["}.size();
    for (std::uint64_t n = 0; n < part.changes; ++n) {
      if (!part.value.substr(at).starts_with(make_change(++seen))) FAIL("change " << seen << " is another one");
      at += change.size() + 1;
    }
    REQUIRE(part.value.substr(at - 1) == "]}");
    REQUIRE(part.last_seq == seen);
  }
  CHECK(seen == changes);
  constexpr bytes slack = 8 * mebibyte;
  CHECK(peak - before <= memory + record_limit + slack);
  CHECK(space.in_memory() == 0);
  CHECK(space.spilled() == 0);
}
