#include "rows.hpp"

#include <encode/envelope.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using Catch::Matchers::ContainsSubstring;
using event::operation;

namespace {

std::string source_of(envelope& by, const event::transaction& within, lsn at = lsn(100)) {
  const auto table = people();
  change_of change(operation::create, table, {}, {text("1"), null, null});
  change.within = within;
  change.what.at = at;
  return encoded_by(by, change).at(0).value.value();
}

}  // namespace

TEST_CASE("src-1 the sequence names the end of the last commit once there was one") {
  envelope by(options());
  auto within = transaction();
  CHECK_THAT(source_of(by, within), ContainsSubstring(R"("sequence":"[null,\"100\"]")"));
  by.committed(lsn(24'023'119));
  CHECK_THAT(source_of(by, within), ContainsSubstring(R"("sequence":"[\"24023119\",\"100\"]")"));
  CHECK_THAT(source_of(by, within, lsn(200)), ContainsSubstring(R"("sequence":"[\"24023119\",\"200\"]")"));
}

TEST_CASE("what a transaction announces is not taken for the next one in the same place") {
  envelope by(options());
  auto within = transaction();
  source_of(by, within);
  within.xid = 4'294'967'295;
  CHECK_THAT(source_of(by, within), ContainsSubstring("\"txId\":4294967295,\"lsn\":100,"));
  within.commit_time = at(-1);
  CHECK_THAT(source_of(by, within), ContainsSubstring("\"ts_ms\":-1,\"snapshot\""));
  CHECK_THAT(source_of(by, within), ContainsSubstring("\"ts_us\":-1,\"ts_ns\":-1000,"));
}

TEST_CASE("the origin of a transaction is told, and not leaked into the next") {
  envelope by(options());
  auto within = transaction();
  within.origin = "other \"site\"";
  within.origin_lsn = lsn(77);
  CHECK_THAT(source_of(by, within),
             ContainsSubstring(R"("xmin":null,"origin":"other \"site\"","origin_lsn":77})"));
  within.origin = "third";
  CHECK_THAT(source_of(by, within), ContainsSubstring(R"("origin":"third","origin_lsn":77})"));
  within.origin = {};
  within.origin_lsn = {};
  CHECK_THAT(source_of(by, within), ContainsSubstring(R"("origin":null,"origin_lsn":null})"));
}

TEST_CASE("the largest LSN and the largest id pass") {
  envelope by(options());
  CHECK_THAT(source_of(by, transaction(), lsn(0xFFFFFFFFFFFFFFFF)),
             ContainsSubstring("\"lsn\":18446744073709551615,"));
}

TEST_CASE("msg-1 a message outside of a transaction has its prefix as key and no transaction id") {
  envelope by(options());
  event::change what;
  what.op = operation::message;
  what.at = lsn(24'023'128);
  what.message_prefix = "nt";
  what.message_content = "hello";
  const auto records = keep(by.encode_message(what, now));
  REQUIRE(records.size() == 1);
  CHECK(records[0].key == R"({"prefix":"nt"})");
  CHECK(records[0].value ==
        "{\"op\":\"m\",\"ts_ms\":1559033904870,\"source\":{\"version\":\"" WEIR_VERSION
        "\",\"connector\":\"postgresql\",\"name\":\"srv\",\"ts_ms\":1559033904870,\"snapshot\":\"false\","
        "\"db\":\"shop\",\"sequence\":\"[null,\\\"24023128\\\"]\",\"ts_us\":1559033904870841,"
        "\"ts_ns\":1559033904870841000,\"schema\":\"\",\"table\":\"\",\"txId\":null,\"lsn\":24023128,"
        "\"xmin\":null,\"origin\":null,\"origin_lsn\":null},\"transaction\":null,"
        "\"message\":{\"prefix\":\"nt\",\"content\":\"aGVsbG8=\"}}");
  CHECK(records[0].headers.empty());
}

TEST_CASE("msg-2 a message inside of a transaction has its id and commit time, and does not disturb the rows") {
  envelope by(options());
  const auto within = transaction();
  source_of(by, within);
  event::change what;
  what.op = operation::message;
  what.at = lsn(1);
  what.message_prefix = "in";
  (void)by.encode_message(what, now);
  what.within = &within;
  what.message_prefix = "out";
  what.message_content = std::string_view("\0\xFF", 2);
  const auto records = keep(by.encode_message(what, now));
  CHECK_THAT(records.at(0).value.value(), ContainsSubstring("\"ts_ms\":1559033904863,"));
  CHECK_THAT(records.at(0).value.value(), ContainsSubstring("\"txId\":555,"));
  CHECK_THAT(records.at(0).value.value(), ContainsSubstring(R"({"prefix":"out","content":"AP8="})"));
  CHECK_THAT(source_of(by, within), ContainsSubstring("\"txId\":555,"));
}
