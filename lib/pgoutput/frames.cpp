#include <fmt/format.h>
#include <pgoutput/frames.hpp>
#include <pgoutput/reader.hpp>

#include <limits>

namespace weir::pgoutput {
namespace {

xlog_data read_xlog_data(reader from) {
  from.rename("an XLogData frame ('w')");
  xlog_data data;
  data.start = from.position("the start LSN");
  data.end = from.position("the end LSN");
  data.sent = from.time("the server's time");
  data.message = from.rest();
  return data;
}

keep_alive read_keep_alive(reader from) {
  from.rename("a keep-alive frame ('k')");
  keep_alive alive;
  alive.wal_end = from.position("the end of WAL");
  alive.sent = from.time("the server's time");
  const auto wish = from.byte("the wish for a reply");
  if (wish > 1) from.refuse(fmt::format("the wish for a reply is {} where 0 or 1 is known", wish));
  alive.reply_requested = wish == 1;
  from.expect_end();
  return alive;
}

}  // namespace

frame parse_frame(std::string_view copy_data) {
  reader from{copy_data, lsn{}, "a frame"};
  // libpq itself carries no message of 2 GiB; the limit keeps every length within the wire's 32 bits.
  if (copy_data.size() > std::numeric_limits<std::int32_t>::max()) from.refuse("no frame is that long");
  switch (const char kind = from.letter("the kind of the frame"); kind) {
    case 'w':
      return read_xlog_data(from);
    case 'k':
      return read_keep_alive(from);
    default:
      from.refuse(fmt::format("its kind is byte {} where 'w' and 'k' are known", +kind));
  }
}

}  // namespace weir::pgoutput
