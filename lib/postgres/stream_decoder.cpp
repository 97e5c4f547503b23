#include <postgres/stream_decoder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include <base/failure.hpp>
#include <pgoutput/frames.hpp>

namespace weir::postgres {
namespace {

/// 'w' + start + end + clock: the plugin's message follows.
constexpr std::size_t size_of_data_header = 25;
constexpr std::string_view kinds_with_rows = "IUDTM";

/// The table of a row message: its OID follows the kind.
std::uint32_t relation_oid(std::string_view message) {
  std::uint32_t oid = 0;
  for (std::size_t i = 1; i < 1 + sizeof oid && i < message.size(); ++i) {
    oid = (oid << 8U) | static_cast<unsigned char>(message[i]);
  }
  return oid;
}

}  // namespace

bool stream_decoder::holds_row(std::string_view frame) {
  return frame.size() > size_of_data_header && frame.front() == 'w' &&
         kinds_with_rows.find(frame[size_of_data_header]) != std::string_view::npos;
}

std::optional<lsn> stream_decoder::begins(std::string_view frame) {
  constexpr std::size_t size_of_lsn = 8;
  if (frame.size() <= size_of_data_header + size_of_lsn || frame.front() != 'w' ||
      frame[size_of_data_header] != 'B') {
    return std::nullopt;
  }
  std::uint64_t commit = 0;
  for (const char byte : frame.substr(size_of_data_header + 1, size_of_lsn)) {
    commit = (commit << 8U) | static_cast<unsigned char>(byte);
  }
  return lsn{commit};
}

bool stream_decoder::take(std::string_view frame, event::intake& into, steady_time now) {
  ++frames_;
  bytes_ += frame.size();
  last_message_ = now;
  const auto parsed = pgoutput::parse_frame(frame);
  if (const auto* data = std::get_if<pgoutput::xlog_data>(&parsed)) {
    feedback_.on_data(data->start, now);
    server_wal_ = std::max(server_wal_, data->end);
    return take_data(data->message, data->start, into);
  }
  const auto& alive = std::get<pgoutput::keep_alive>(parsed);
  server_wal_ = std::max(server_wal_, alive.wal_end);
  feedback_.on_keep_alive(alive.wal_end, alive.reply_requested);
  has_keep_alive_ = true;
  // Inside a transaction it carries no more than the transaction's own end, and many of them are worth one.
  if (decoder_.is_in_transaction()) {
    pending_ = std::max(pending_, alive.wal_end);
  } else {
    pass(alive.wal_end, into);
  }
  return false;
}

bool stream_decoder::take_data(std::string_view message, lsn at, event::intake& into) {
  if (message.size() > max_row_) check_size(message, at);
  using kind = pgoutput::step::kind;
  const auto step = decoder_.decode(message, at);
  switch (step.is) {
    case kind::nothing:
      break;
    case kind::began:
      forget_until(step.transaction->final_lsn);
      into.begin(*step.transaction);
      break;
    case kind::changes:
      for (const auto& each : step.changes) into.admit(each);
      break;
    case kind::committed:
      into.commit(step.end);
      passed_ = std::max(passed_, step.end);
      if (pending_.is_set()) pass(std::exchange(pending_, lsn{}), into);
      break;
    case kind::announced:
      return true;
  }
  return false;
}

void stream_decoder::pass(lsn at, event::intake& into) {
  // After a start the server's position may lie below what is confirmed: that says nothing new.
  if (at <= passed_) return;
  passed_ = at;
  forget_until(at);
  into.advance(at);
}

void stream_decoder::adopt() {
  gone_.on_announced(decoder_.announced().oid);
  decoder_.adopt();
}

void stream_decoder::forget_until(lsn at) {
  if (const auto gone = gone_.passed(at); !gone.empty()) decoder_.forget(gone);
}

void stream_decoder::check_size(std::string_view message, lsn at) const {
  if (kinds_with_rows.find(message.front()) == std::string_view::npos) return;
  const auto* table = message.front() == 'M' ? nullptr : decoder_.relations().find(relation_oid(message));
  throw failure{
      verdict::permanent, "row_too_large",
      fmt::format("a change of {} at {} has {} bytes, more than WEIR_MAX_ROW ({}) allows: raise WEIR_MAX_ROW "
                  "and start again; nothing is lost meanwhile",
                  table != nullptr ? fmt::format("table {}.{}", table->schema, table->name)
                                   : std::string{"an unnamed table or message"},
                  at, message.size(), max_row_)};
}

}  // namespace weir::postgres
