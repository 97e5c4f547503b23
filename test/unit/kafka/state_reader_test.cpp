#include <catch2/catch_test_macros.hpp>

#include <event/stored_position.hpp>

#include <kafka/state_reader.hpp>
#include <kafka/statistics.hpp>

namespace weir::kafka {
namespace {

event::stored_position position_at(std::uint64_t at, std::uint64_t run) {
  return {"7300000000000000001", 2, lsn{at}, run};
}

TEST_CASE("B1 the highest run and LSN win, wherever they stand") {
  state_reader reading{"shop/weir"};
  CHECK_FALSE(reading.has_seen_key());
  reading.take("shop/other", event::to_json(position_at(900, 9)), 0);
  CHECK_FALSE(reading.has_seen_key());
  reading.take("shop/weir", event::to_json(position_at(100, 2)), 1);
  reading.take("shop/weir", event::to_json(position_at(80, 3)), 2);
  reading.take("shop/weir", event::to_json(position_at(500, 2)), 3);
  reading.take("shop/weir", event::to_json(position_at(70, 3)), 4);
  REQUIRE(reading.found().has_value());
  CHECK(*reading.found() == position_at(80, 3));
  reading.take("shop/weir", std::nullopt, 5);
  CHECK(reading.has_seen_key());
  CHECK_FALSE(reading.found().has_value());
}

TEST_CASE("a value that is no position stops the start") {
  state_reader reading{"shop/weir"};
  reading.take("shop/other", "nonsense", 0);
  CHECK_THROWS_AS(reading.take("shop/weir", "nonsense", 1), failure);
  CHECK_THROWS_AS(reading.take("shop/weir", R"({"timeline":1,"lsn":"0/1","run":1})", 1), failure);
  CHECK_THROWS_AS(reading.take("shop/weir", R"({"system_identifier":"7","timeline":1,"lsn":"x","run":1})", 1),
                  failure);
}

TEST_CASE("a position is the same after its JSON form") {
  const event::stored_position full{"18446744073709551615", 4294967295U, lsn{0xFFFFFFFFFFFFFFFFU},
                                    18446744073709551615U};
  CHECK(event::stored_position_from_json(event::to_json(full)) == full);
  CHECK(event::to_json(position_at(0x16B374D848, 3)) ==
        R"({"system_identifier":"7300000000000000001","timeline":2,"lsn":"16/B374D848","run":3})");
  CHECK(event::stored_position_from_json(
            R"({"system_identifier":"7300000000000000001","timeline":2,"lsn":"0/1","run":3,"later":[1]})") ==
        position_at(1, 3));
}

TEST_CASE("statistics are read as far as they are there") {
  const auto read = read_statistics(R"({"msg_cnt":3,"msg_size":700,"tx_bytes":10,"rx_bytes":20,"brokers":{
    "a:1/1":{"name":"a:1/1","state":"UP","tx":5,"txretries":1,"txerrs":2,"disconnects":4,"waitresp_cnt":1,
             "rtt":{"avg":1500,"p99":3000}},
    ":0/internal":{"name":":0/internal","state":"UP"}}})");
  REQUIRE(read.has_value());
  CHECK(read->queued_records == 3);
  CHECK(read->queued_bytes == 700);
  REQUIRE(read->brokers.size() == 1);
  CHECK(read->brokers[0].name == "a:1/1");
  CHECK(read->brokers[0].rtt_us == 1500);
  CHECK(read->brokers[0].rtt_p99_us == 3000);
  CHECK(read->brokers[0].retries == 1);
  CHECK_FALSE(read_statistics("no JSON").has_value());
  CHECK(read_statistics("{}").has_value());
}

}  // namespace
}  // namespace weir::kafka
