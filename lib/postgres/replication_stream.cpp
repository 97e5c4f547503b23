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
