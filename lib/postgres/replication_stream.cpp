#include <postgres/replication_stream.hpp>
#include <postgres/stream_parts.hpp>

/// What is asked and told from outside, at any time. Its life is in stream_starting.cpp and stream_running.cpp.
namespace weir::postgres {

const char* to_string(stream_state is) {
  switch (is) {
    case stream_state::idle:
      return "idle";
    case stream_state::connecting:
      return "connecting";
    case stream_state::connected:
      return "connected";
    case stream_state::starting:
      return "starting";
    case stream_state::streaming:
      return "streaming";
    case stream_state::draining:
      return "draining";
    case stream_state::finishing:
      return "finishing";
    case stream_state::ended:
      return "ended";
  }
  return "";
}

replication_stream::replication_stream(async::executor on, async::task_registry& registry,
                                       async::blocking_pool& pool, stream_settings with)
    : parts_(std::make_unique<parts>(std::move(on), registry, pool, std::move(with))) {}

replication_stream::~replication_stream() = default;

void replication_stream::confirm(lsn stored) {
  auto& my = *parts_;
  if (stored <= my.confirmed) return;
  my.confirmed = stored;
  if (!my.decoder) return;
  my.decoder->feedback().stored(stored);
  my.status_wanted.notify_all();
}

void replication_stream::stop_reading() {
  auto& my = *parts_;
  my.is_stopped = true;
  if (my.state == stream_state::streaming) my.state = stream_state::draining;
  if (my.quiet) my.quiet->on_deaf();
  if (my.reading != nullptr) my.reading->cancel();
}

void replication_stream::hold_at(lsn at) {
  auto& my = *parts_;
  my.hold = at;
  // The reader leaves its place with its next turn; it must not count as held until then.
  if (my.held_from && *my.held_from < at) my.held_from.reset();
  if (my.decoder) my.decoder->feedback().ask();
  my.hold_changed.notify_all();
  my.status_wanted.notify_all();
}

async::awaitable<> replication_stream::held(async::self me) {
  auto& my = *parts_;
  while (!my.held_from) {
    co_await me.wait("the stream to reach the snapshot", async::idle, my.hold_changed.wait());
  }
}

void replication_stream::release() {
  auto& my = *parts_;
  my.hold.reset();
  my.hold_changed.notify_all();
}

std::chrono::milliseconds replication_stream::silence_bound() const {
  return parts_->sender_timeout.count() > 0 ? parts_->sender_timeout : usual_silence;
}

stream_status replication_stream::status() const {
  const auto& my = *parts_;
  stream_status now;
  now.state = my.state;
  now.peer = my.stream ? my.stream->peer() : std::string{};
  now.server = my.server;
  now.confirmed = my.confirmed;
  now.waits_for_room = my.waits_for_room;
  now.is_held = my.held_from.has_value();
  if (!my.decoder) return now;
  now.received = my.decoder->feedback().current().write;
  now.server_wal = my.decoder->server_wal();
  now.last_message = my.decoder->last_message();
  now.bytes_received = my.decoder->bytes_taken();
  now.frames_received = my.decoder->frames();
  now.tables = my.decoder->tables().size();
  return now;
}

}  // namespace weir::postgres
