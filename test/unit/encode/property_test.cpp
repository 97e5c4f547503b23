#include "rows.hpp"

#include <encode/envelope.hpp>
#include <encode/json_text.hpp>

#include <simdjson.h>
#include <catch2/catch_test_macros.hpp>

#include <random>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using event::old_row;
using event::operation;

namespace {

/// Valid UTF-8 with many bytes that JSON escapes; lengths around the block sizes of the escaper, and now and
/// then long.
class texts {
 public:
  explicit texts(std::uint64_t seed) : random_(seed) {}

  std::string next() {
    const std::size_t length = below(50) == 0 ? below(20'000) : below(70);
    std::string made;
    while (made.size() < length) made += piece();
    return made;
  }
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

 private:
  std::string piece() {
    static const std::string_view wide[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x90\x98", "\x7F", "\xC2\x80"};
    switch (below(6)) {
      case 0:
        return std::string(1, static_cast<char>(1 + below(31)));
      case 1:
        return below(2) == 0 ? "\"" : "\\";
      case 2:
        return std::string(wide[below(std::size(wide))]);
      default:
        return std::string(1 + below(12), static_cast<char>('!' + below(90)));
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("whatever text a row holds, the record is JSON and gives the text back") {
  envelope by(options());
  const auto table = rows::table({{"id", type::text, true}, {"a"}, {"b", type::jsonb}, {"c", type::xml}}, {0});
  const table_plan plan(table);
  simdjson::dom::parser parser;
  texts random(20'240'501);
  for (int round = 0; round < 5'000; ++round) {
    CAPTURE(round);
    const std::string id = random.next(), a = random.next(), b = random.next(), c = random.next();
    const change_of change(operation::update, table, {text(id), null, null, null},
                           {text(a), text(id), text(b), text(c)}, old_row::identity);
    const auto records = by.encode(plan, change.what, now);
    REQUIRE(records.size() == (id == a ? 1U : 3U));
    const auto& last = records.back();
    const simdjson::dom::element key = parser.parse(simdjson::padded_string(*last.key));
    REQUIRE(std::string_view(key["id"]) == a);
    const simdjson::dom::element root = parser.parse(simdjson::padded_string(*last.value));
    REQUIRE(std::string_view(root["after"]["a"]) == id);
    REQUIRE(std::string_view(root["after"]["b"]) == b);
    REQUIRE(std::string_view(root["after"]["c"]) == c);
  }
}

TEST_CASE("every byte is escaped at every place of a block") {
  simdjson::dom::parser parser;
  for (int byte = 1; byte < 128; ++byte) {
    for (std::size_t place = 0; place < 40; ++place) {
      std::string plain(40, 'x');
      plain[place] = static_cast<char>(byte);
      text_buffer to;
      append_string(to, plain);
      const simdjson::dom::element back = parser.parse(simdjson::padded_string(to.view(0, to.size())));
      REQUIRE(std::string_view(back) == plain);
    }
  }
  text_buffer to;
  append_string(to, "\b\t\n\f\r\x01\x1F\x7F/");
  CHECK(to.view(0, to.size()) == "\"\\b\\t\\n\\f\\r\\u0001\\u001F\x7F/\"");
}
