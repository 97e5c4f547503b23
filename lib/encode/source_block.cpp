#include <base/base.hpp>
#include <encode/json_text.hpp>
#include <encode/source_block.hpp>

#include <chrono>

namespace weir::encode {

namespace {

std::string_view marker_of(const event::change& read) {
  return event::to_string(read.snapshot == nullptr ? event::snapshot_marker::in_between
                                                   : read.snapshot->marker);
}

}  // namespace

void append_milliseconds(text_buffer& to, wall_time at) {
  append_number(to, std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count());
}

void append_microseconds(text_buffer& to, wall_time at) { append_number(to, at.time_since_epoch().count()); }

void append_nanoseconds(text_buffer& to, wall_time at) {
  append_microseconds(to, at);
  if (at.time_since_epoch().count() != 0) to.append("000");
}

source_block::source_block(std::string_view name, std::string_view database) {
  head_ = "{\"version\":" + json_string(version) +
          ",\"connector\":\"postgresql\",\"name\":" + json_string(name) + ",\"ts_ms\":";
  database_ = "\",\"db\":" + json_string(database) + ",\"sequence\":\"[";
}

void source_block::committed(lsn end) {
  last_commit_ = end;
  is_current_ = false;
}

bool source_block::is_written_for(const event::transaction& opened) const {
  return is_current_ && current_.xid == opened.xid && current_.final_lsn == opened.final_lsn &&
         current_.commit_time == opened.commit_time && current_.origin_lsn == opened.origin_lsn &&
         current_.origin == opened.origin;
}

bool source_block::is_written_for(const event::snapshot_read& read) const {
  return is_of_snapshot_ && snapshot_at_ == read.at && snapshot_taken_ == read.taken &&
         snapshot_xid_ == read.xid;
}

void source_block::write_pieces(const facts& of) {
  pieces_.clear();
  pieces_.append(head_);
  append_milliseconds(pieces_, of.at);
  pieces_.append(",\"snapshot\":\"");
  until_snapshot_ = pieces_.size();
  pieces_.append(database_);
  if (of.after.is_set()) {
    pieces_.append("\\\"");
    append_number(pieces_, of.after.value());
    pieces_.append("\\\"");
  } else {
    pieces_.append("null");
  }
  pieces_.append(",\\\"");
  until_lsn_of_sequence_ = pieces_.size();
  pieces_.append("\\\"]\",\"ts_us\":");
  append_microseconds(pieces_, of.at);
  pieces_.append(",\"ts_ns\":");
  append_nanoseconds(pieces_, of.at);
  pieces_.append(",");
  until_table_ = pieces_.size();
  if (of.xid) {
    append_number(pieces_, *of.xid);
  } else {
    pieces_.append("null");
  }
  pieces_.append(",\"lsn\":");
  until_lsn_ = pieces_.size();
  pieces_.append(",\"xmin\":null,\"origin\":");
  if (of.origin.empty()) {
    pieces_.append("null,\"origin_lsn\":null}");
    return;
  }
  append_string(pieces_, of.origin);
  pieces_.append(",\"origin_lsn\":");
  append_number(pieces_, of.origin_lsn.value());
  pieces_.append("}");
}

void source_block::prepare(const event::change& what, wall_time now) {
  if (what.snapshot != nullptr) {
    const event::snapshot_read& read = *what.snapshot;
    if (is_written_for(read)) return;
    write_pieces({.at = read.taken, .xid = read.xid, .after = {}});
    snapshot_at_ = read.at;
    snapshot_taken_ = read.taken;
    snapshot_xid_ = read.xid;
    is_of_snapshot_ = true;
    is_current_ = false;
  } else if (what.within == nullptr) {
    write_pieces({.at = now, .xid = std::nullopt, .after = last_commit_});
    is_of_snapshot_ = false;
    is_current_ = false;
  } else if (!is_written_for(*what.within)) {
    const event::transaction& opened = *what.within;
    write_pieces({.at = opened.commit_time,
                  .xid = opened.xid,
                  .after = last_commit_,
                  .origin = opened.origin,
                  .origin_lsn = opened.origin_lsn});
    current_.xid = opened.xid;
    current_.final_lsn = opened.final_lsn;
    current_.commit_time = opened.commit_time;
    current_.origin_lsn = opened.origin_lsn;
    current_.origin.assign(opened.origin);
    is_of_snapshot_ = false;
    is_current_ = true;
  }
}

void source_block::append(text_buffer& to, const event::change& what, std::string_view table_piece,
                          wall_time now) {
  prepare(what, now);
  to.append(piece(0, until_snapshot_));
  to.append(what.op == event::operation::read ? marker_of(what) : "false");
  to.append(piece(until_snapshot_, until_lsn_of_sequence_));
  const std::size_t lsn_begin = to.size();
  append_number(to, what.snapshot == nullptr ? what.at.value() : what.snapshot->at.value());
  const std::size_t lsn_end = to.size();
  to.append(piece(until_lsn_of_sequence_, until_table_));
  to.append(table_piece);
  to.append(piece(until_table_, until_lsn_));
  to.append_again(lsn_begin, lsn_end);
  to.append(piece(until_lsn_, pieces_.size()));
}

}  // namespace weir::encode
