#include <pipeline/topic_name.hpp>

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <random>
#include <string>

using weir::pipeline::topic_name;

TEST_CASE("schema and table fill a topic's template") {
  CHECK(topic_name("shop.{schema}.{table}", "public", "orders") == "shop.public.orders");
  CHECK(topic_name("{table}-{schema}-{table}", "s", "t") == "t-s-t");
  CHECK(topic_name("everything", "public", "orders") == "everything");
  CHECK(topic_name("{other}{table", "public", "orders") == "{other}{table");
}

TEST_CASE("a name that looks like a field stays a name") {
  CHECK(topic_name("{schema}.{table}", "{table}", "x") == "_x7Btable_x7D.x");
}

TEST_CASE("what Kafka does not allow in a name is escaped byte by byte") {
  CHECK(topic_name("{table}", "", "Order Items/2024") == "Order_x20Items_x2F2024");
  CHECK(topic_name("{table}", "", "caf\xC3\xA9") == "caf_xC3_xA9");
  CHECK(topic_name("{table}", "", "a_b-c.D9") == "a_b-c.D9");
}

TEST_CASE("a name that holds an escape itself does not meet the name that is escaped so") {
  CHECK(topic_name("{table}", "", "a b") == "a_x20b");
  CHECK(topic_name("{table}", "", "a_x20b") == "a_x5Fx20b");
  CHECK(topic_name("{table}", "", "a_x2") == "a_x2");
}

TEST_CASE("no two names make one topic") {
  std::mt19937 random{7};
  const std::string letters = "_x205F \xC3";
  std::map<std::string, std::string> names;
  for (int n = 0; n < 200'000; ++n) {
    std::string name;
    const auto size = 1 + random() % 7;
    for (std::size_t i = 0; i < size; ++i) name.push_back(letters[random() % letters.size()]);
    const auto [at, is_new] = names.try_emplace(topic_name("{table}", "", name), name);
    if (at->second != name) FAIL("'" << at->second << "' and '" << name << "' are both " << at->first);
  }
}
