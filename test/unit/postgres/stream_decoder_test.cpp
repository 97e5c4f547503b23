#include <postgres/stream_decoder.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <base/failure.hpp>

#include <string>
#include <vector>

using namespace weir;
using namespace weir::postgres;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string number(std::uint64_t value, int size) {
  std::string big_endian;
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
    big_endian += static_cast<char>((value >> shift) & 0xFFU);
  return big_endian;
}

std::string data(std::uint64_t at, const std::string& message) {
  return "w" + number(at, 8) + number(at, 8) + number(0, 8) + message;
}

std::string alive(std::uint64_t wal_end, bool asks = false) {
  return "k" + number(wal_end, 8) + number(0, 8) + number(asks ? 1 : 0, 1);
}

std::string begin(std::uint64_t final_lsn) {
  return data(100, "B" + number(final_lsn, 8) + number(0, 8) + number(7, 4));
}

std::string commit(std::uint64_t final_lsn, std::uint64_t end) {
  return data(end, "C" + number(0, 1) + number(final_lsn, 8) + number(end, 8) + number(0, 8));
}

/// A table of one int4 column that is its identity.
std::string relation(const std::string& name) {
  return data(0, "R" + number(9, 4) + "public" + '\0' + name + '\0' + "d" + number(1, 2) + number(1, 1) + "id" +
                     '\0' + number(23, 4) + number(0xFFFFFFFF, 4));
}

std::string insert(const std::string& value) {
  return data(110, "I" + number(9, 4) + "N" + number(1, 2) + "t" + number(value.size(), 4) + value);
}

class list : public event::intake {
 public:
  void begin(const event::transaction&) override { said.emplace_back("begin"); }
  void admit(const event::change& what) override { said.push_back("row " + std::string{what.after[0].text}); }
  void commit(lsn end) override { said.push_back("commit " + to_string(end)); }
  void advance(lsn at) override { said.push_back("advance " + to_string(at)); }
  std::vector<std::string> said;
};

struct fixture {
  stream_decoder decoder{1, 1000, std::chrono::seconds{10}, steady_time{}};
  list intake;
  bool take(const std::string& frame) { return decoder.take(frame, intake, steady_time{}); }
};

}  // namespace

TEST_CASE("R1 rows and the transaction's end reach the intake in the order of the stream") {
  fixture one;
  CHECK_FALSE(one.take(begin(150)));
  CHECK(one.take(relation("t")));
  CHECK(one.decoder.announced().name == "t");
  one.decoder.adopt();
  CHECK_FALSE(one.take(relation("t")));
  CHECK_FALSE(one.take(insert("42")));
  CHECK_FALSE(one.take(commit(150, 200)));
  CHECK(one.intake.said == std::vector<std::string>{"begin", "row 42", "commit 0/C8"});
}

TEST_CASE("R2 a keep-alive is an empty transaction of its own, in the order of the stream") {
  fixture one;
  one.take(alive(0x300));
  one.take(alive(0x300));
  one.take(alive(0x2FF));  // after a start the server may be behind
  one.take(alive(0x310));
  CHECK(one.intake.said == std::vector<std::string>{"advance 0/300", "advance 0/310"});
}

TEST_CASE("B7 keep-alives inside a transaction wait for its end and coalesce") {
  fixture one;
  one.take(begin(0x400));
  one.take(alive(0x400));
  one.take(alive(0x400));
  one.take(commit(0x400, 0x420));
  CHECK(one.intake.said == std::vector<std::string>{"begin", "commit 0/420"});
  one.take(begin(0x500));
  one.take(alive(0x600));
  one.take(alive(0x610));
  one.take(commit(0x500, 0x520));
  CHECK(one.intake.said.back() == "advance 0/610");
}

TEST_CASE("R3 nothing that was received is confirmed by itself") {
  fixture one;
  one.take(begin(0x400));
  one.take(commit(0x400, 0x420));
  one.take(alive(0x500, true));
  CHECK(one.decoder.take_keep_alive());
  CHECK_FALSE(one.decoder.take_keep_alive());
  one.decoder.feedback().verified();
  CHECK_FALSE(one.decoder.feedback().current().flush.is_set());
  CHECK(one.decoder.feedback().current().write == lsn{0x500});
  CHECK(one.decoder.server_wal() == lsn{0x500});
}

TEST_CASE("000-3 a table that is gone from the catalog is forgotten where the stream has come so far") {
  fixture one;
  one.take(begin(150));
  one.take(relation("t"));
  one.decoder.adopt();
  one.decoder.looked({9}, lsn{300});
  one.take(insert("1"));
  one.take(commit(150, 200));
  SECTION("a transaction that was committed before may still have rows of it") {
    one.take(begin(250));
    one.take(insert("2"));
    one.take(commit(250, 310));
    CHECK(one.decoder.tables().size() == 1);
    one.take(begin(320));
  }
  SECTION("a keep-alive says the same") { one.take(alive(300)); }
  CHECK(one.decoder.tables().size() == 0);
}

TEST_CASE("a row above the limit names its table and its LSN") {
  fixture one;
  one.take(begin(150));
  one.take(relation("wide"));
  one.decoder.adopt();
  try {
    one.take(insert(std::string(2000, 'x')));
    FAIL("it was taken");
  } catch (const failure& why) {
    CHECK(why.decision() == verdict::permanent);
    CHECK(why.reason() == "row_too_large");
    CHECK_THAT(why.what(),
               ContainsSubstring("public.wide") && ContainsSubstring("0/6E") && ContainsSubstring("1000"));
  }
}

TEST_CASE("only what makes records needs room in the budget") {
  CHECK(stream_decoder::holds_row(insert("1")));
  CHECK_FALSE(stream_decoder::holds_row(begin(1)));
  CHECK_FALSE(stream_decoder::holds_row(commit(1, 2)));
  CHECK_FALSE(stream_decoder::holds_row(relation("t")));
  CHECK_FALSE(stream_decoder::holds_row(alive(1)));
}
