#include "wire.hpp"

#include <pgoutput/frames.hpp>

#include <catch2/matchers/catch_matchers_string.hpp>

using namespace weir;
using namespace weir::pgoutput;
using Catch::Matchers::ContainsSubstring;
using wire::writer;

namespace {

const std::string data_frame =
    writer{'w'}.u64(0x16B374D848).u64(0x16B374D900).u64(wire::commit_time).raw("Ipayload").done();
std::string alive_frame(std::uint8_t wish) {
  return writer{'k'}.u64(0x16B374D900).u64(wire::commit_time).u8(wish).done();
}

}  // namespace

TEST_CASE("an XLogData frame yields its LSNs, the server's time and a view of the message") {
  const auto parsed = parse_frame(data_frame);
  const auto& data = std::get<xlog_data>(parsed);
  CHECK(data.start == lsn{0x16B374D848});
  CHECK(data.end == lsn{0x16B374D900});
  CHECK(data.sent.time_since_epoch().count() == 1'714'684'800'000'000);
  CHECK(data.message == "Ipayload");
  CHECK(data.message.data() == data_frame.data() + 25);
}

TEST_CASE("a keep-alive frame yields the end of WAL and whether a reply is wanted") {
  for (const bool wanted : {false, true}) {
    const auto parsed = parse_frame(alive_frame(wanted ? 1 : 0));
    const auto& alive = std::get<keep_alive>(parsed);
    CHECK(alive.wal_end == lsn{0x16B374D900});
    CHECK(alive.sent.time_since_epoch().count() == 1'714'684'800'000'000);
    CHECK(alive.reply_requested == wanted);
  }
}

TEST_CASE("a frame that ends early is refused at every length") {
  for (const auto& [whole, header] : {std::pair{data_frame, 25U}, {alive_frame(1), 18U}}) {
    for (std::size_t size = 0; size < header; ++size) {
      const wire::exact cut{std::string_view{whole}.substr(0, size)};
      INFO("first " << size << " bytes of " << whole.front());
      CHECK_THAT(wire::refusal_of([&] { (void)parse_frame(cut.view()); }), ContainsSubstring("are left"));
    }
  }
}

TEST_CASE("a frame of another kind, a longer keep-alive and an unknown wish are refused with what was found") {
  CHECK_THAT(wire::refusal_of([] { (void)parse_frame("x..."); }), ContainsSubstring("its kind is byte 120"));
  CHECK_THAT(
      wire::refusal_of([] { (void)parse_frame(alive_frame(1) + "!"); }),
      ContainsSubstring("a keep-alive frame ('k')") && ContainsSubstring("1 bytes follow after its end"));
  CHECK_THAT(wire::refusal_of([] { (void)parse_frame(alive_frame(2)); }),
             ContainsSubstring("is 2 where 0 or 1"));
}

TEST_CASE("any time stamp of the wire is taken without an overflow") {
  const auto parsed = parse_frame(writer{'k'}.u64(1).u64(UINT64_MAX / 2).u8(0).done());
  CHECK(std::get<keep_alive>(parsed).sent.time_since_epoch().count() < 0);
}
