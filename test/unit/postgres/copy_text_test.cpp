#include <postgres/copy_text.hpp>

#include <catch2/catch_test_macros.hpp>

#include <base/failure.hpp>

#include <random>
#include <string>
#include <vector>

using namespace weir;
using namespace weir::postgres;

namespace {

using cells = std::vector<std::string>;

/// NULL reads as `<null>`.
cells read(std::string line, std::size_t columns) {
  std::vector<event::value> values;
  read_copied_row(line, columns, values);
  cells all;
  for (const auto& each : values) {
    all.emplace_back(each.is == event::value::state::null ? std::string_view{"<null>"} : each.text);
  }
  return all;
}

/// What the server writes (CopyAttributeOutText).
std::string escaped(const std::string& value) {
  std::string text;
  for (const char byte : value) {
    constexpr std::string_view plain = "\b\f\n\r\t\v\\";
    constexpr std::string_view letters = "bfnrtv\\";
    const auto at = plain.find(byte);
    if (at == std::string_view::npos) {
      text += byte;
    } else {
      text += '\\';
      text += letters[at];
    }
  }
  return text;
}

bool is_refused(const std::string& line, std::size_t columns) {
  try {
    (void)read(line, columns);
  } catch (const failure& why) {
    return why.decision() == verdict::corrupt;
  }
  return false;
}

}  // namespace

TEST_CASE("a copied row is its values, empty ones and NULL told apart") {
  CHECK(read("1\tone\n", 2) == cells{"1", "one"});
  CHECK(read("1\tone", 2) == cells{"1", "one"});
  CHECK(read("\\N\t\t\\\\N\n", 3) == cells{"<null>", "", "\\N"});
  CHECK(read("\n", 1) == cells{""});
  CHECK(read("\n", 0).empty());
  CHECK(read("a\\tb\\nc\\\\\\b\\f\\r\\v\t\\\\.\n", 2) == cells{"a\tb\nc\\\b\f\r\v", "\\."});
  CHECK(read("gr\xC3\xBC\xC3\x9F\\\\e\n", 1) == cells{"gr\xC3\xBC\xC3\x9F\\e"});
}

TEST_CASE("a copied row that the server would not write is refused") {
  CHECK(is_refused("1\n", 2));
  CHECK(is_refused("1\t2\t3\n", 2));
  CHECK(is_refused("1\n", 0));
  CHECK(is_refused("\\x\n", 1));
  CHECK(is_refused("\\N1\n", 1));
  CHECK(is_refused("a\\\n", 1));
  CHECK(is_refused("a\nb\n", 1));
}

TEST_CASE("whatever the server escapes comes back as it was") {
  std::mt19937 random{7};
  std::uniform_int_distribution<int> kind{0, 9};
  std::uniform_int_distribution<std::size_t> length{0, 40};
  for (int round = 0; round < 3000; ++round) {
    cells expected(1 + length(random) % 6);
    std::string line;
    for (auto& each : expected) {
      if (&each != &expected.front()) line += '\t';
      if (kind(random) == 0) {
        each = "<null>";
        line += "\\N";
        continue;
      }
      for (auto rest = length(random); rest > 0; --rest) each += "\\\t\nNab\r\x01\xFF."[kind(random)];
      line += escaped(each);
    }
    REQUIRE(read(line + "\n", expected.size()) == expected);
  }
}
