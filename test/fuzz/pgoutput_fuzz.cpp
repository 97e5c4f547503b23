/// Whatever bytes come, frames and decoder either understand them or throw weir::failure (corrupt): no crash,
/// no read outside of the frame, no other exception, no change without what it promises.

#include <base/failure.hpp>
#include <pgoutput/decoder.hpp>
#include <pgoutput/frames.hpp>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace {

using namespace weir;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Reads every byte, so that a view outside of the frame meets the address sanitizer.
void touch(std::string_view text) {
  for (const char each : text) {
    volatile char seen = each;
    (void)seen;
  }
}

void check(const event::change& change, const pgoutput::decoder& by) {
  touch(change.message_prefix);
  touch(change.message_content);
  require((change.within == nullptr) == (change.seq == 0));
  require(change.within == nullptr || by.is_in_transaction());
  require((change.table == nullptr) == (change.op == event::operation::message));
  for (const auto row : {change.before, change.after}) {
    require(row.empty() || row.size() == change.table->columns.size());
    for (const auto& value : row) touch(value.text);
  }
}

void follow(pgoutput::decoder& by, const pgoutput::xlog_data& data) {
  const auto step = by.decode(data.message, data.start);
  for (const auto& change : step.changes) check(change, by);
  if (step.is == pgoutput::step::kind::committed) require(step.end > step.transaction->final_lsn);
  if (step.is == pgoutput::step::kind::announced) by.adopt();
}

/// The length of the frame in front, at most what is left.
std::size_t take_length(std::string_view& input) {
  std::size_t length = 0;
  for (int n = 0; n < 4; ++n)
    length = length << 8U | static_cast<unsigned char>(input[static_cast<std::size_t>(n)]);
  input.remove_prefix(4);
  return std::min(length, input.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view input{reinterpret_cast<const char*>(bytes), size};
  pgoutput::decoder decoder{1};
  try {
    while (input.size() >= 4) {
      const auto length = take_length(input);
      // A copy of exactly this size: reading one byte too far is a heap overflow, not the next frame.
      const auto frame = std::make_unique<char[]>(length);
      input.copy(frame.get(), length);
      input.remove_prefix(length);
      const auto parsed = pgoutput::parse_frame({frame.get(), length});
      if (const auto* data = std::get_if<pgoutput::xlog_data>(&parsed)) follow(decoder, *data);
    }
  } catch (const failure& refused) {
    require(refused.decision() == verdict::corrupt && refused.reason() == "protocol");
  }
  return 0;
}
