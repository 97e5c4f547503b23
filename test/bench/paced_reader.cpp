// The floor: the least that a reader of a replication slot can do. It reads everything that libpq holds, then
// pauses so that about one receive window fills, and counts rows. What it takes is what PostgreSQL takes.
//
//   --conninfo TEXT --slot NAME --publication NAME --rows N   ends after the commit that follows N rows
//   --pause US          sleep when there is nothing to read (0: wait for the socket at once)
//   --window BYTES      SO_RCVBUF (0: the kernel's own tuning)
//   --latency COLUMN    also measures from the column's value (microseconds since 1970) to the reader
//   --brokers LIST --topic NAME   and produces each row: the least pipe into Kafka
//
// Prints one JSON object.

#include "arguments.hpp"
#include "kafka_end.hpp"
#include "latencies.hpp"

#include <endian.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

namespace weir::bench {
namespace {

/// PostgreSQL counts microseconds from 2000-01-01.
constexpr std::int64_t postgres_epoch_us = 946'684'800'000'000;
/// Of an XLogData message: 'w', start, end and time of 8 bytes each.
constexpr std::size_t wal_data_header = 25;
constexpr double status_interval_s = 1.0;
constexpr int flush_timeout_ms = 10'000;

struct close_connection {
  void operator()(PGconn* handle) const noexcept { PQfinish(handle); }
};
using connection = std::unique_ptr<PGconn, close_connection>;

struct free_memory {
  void operator()(char* bytes) const noexcept { PQfreemem(bytes); }
};

std::uint64_t read_u64(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return be64toh(value);
}

std::uint32_t read_u32(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return be32toh(value);
}

void write_u64(char* at, std::uint64_t value) {
  value = htobe64(value);
  std::memcpy(at, &value, sizeof value);
}

/// The text of one column of an insert, as long as the frame lives.
std::string_view column_of(std::string_view insert, long wanted) {
  std::size_t at = 1 + 4 + 1 + 2;  // 'I', relation, 'N', number of columns
  for (long column = 0;; ++column) {
    const char kind = insert.at(at++);
    if (kind != 't') throw std::runtime_error("the measured column, or one before it, is not text");
    const auto size = read_u32(insert.data() + at);
    at += 4;
    if (column == wanted) return insert.substr(at, size);
    at += size;
  }
}

class reader {
 public:
  explicit reader(const arguments& with)
      : rows_wanted_(with.number("rows")),
        pause_us_(with.number("pause", 0)),
        column_(with.number("latency", -1)) {
    if (const auto brokers = with.text("brokers", ""); !brokers.empty())
      kafka_.emplace(brokers, with.text("topic"));
    handle_.reset(PQconnectdb((with.text("conninfo") + " replication=database").c_str()));
    if (PQstatus(handle_.get()) != CONNECTION_OK) fail("connecting");
    if (const int window = static_cast<int>(with.number("window", 65'536)); window > 0)
      setsockopt(PQsocket(handle_.get()), SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    const auto command =
        fmt::format("START_REPLICATION SLOT \"{}\" LOGICAL 0/0 (proto_version '1', publication_names '\"{}\"')",
                    with.text("slot"), with.text("publication"));
    auto* answer = PQexec(handle_.get(), command.c_str());
    const bool started = PQresultStatus(answer) == PGRES_COPY_BOTH;
    PQclear(answer);
    if (!started) fail("START_REPLICATION");
    started_ = monotonic_seconds();
  }

  void run() {
    while (!ended_) {
      char* raw = nullptr;
      const int size = PQgetCopyData(handle_.get(), &raw, 1);
      const std::unique_ptr<char, free_memory> frame(raw);
      if (size > 0) {
        take({raw, static_cast<std::size_t>(size)});
      } else if (size == 0) {
        wait();
      } else {
        fail("reading");
      }
    }
    send_status();
    if (kafka_) kafka_->flush(flush_timeout_ms);
  }

  void print() const {
    fmt::print(
        R"({{"rows":{},"bytes":{},"gulps":{},"started":{:.6f},"first":{:.6f},"last":{:.6f},"latency":{}}})"
        "\n",
        rows_, bytes_, gulps_, started_, first_, last_, latency_.json());
  }

 private:
  void take(std::string_view frame) {
    bytes_ += frame.size();
    if (frame[0] == 'k') {
      if (frame[17] != 0) send_status();
      return;
    }
    const auto message = frame.substr(wal_data_header);
    if (message[0] == 'I') {
      if (rows_++ == 0) first_ = monotonic_seconds();
      if (column_ >= 0) measure(message);
    } else if (message[0] == 'B') {
      committed_us_ = static_cast<std::int64_t>(read_u64(message.data() + 9)) + postgres_epoch_us;
    } else if (message[0] == 'C') {
      position_ = read_u64(message.data() + 10);
      last_ = monotonic_seconds();
      ended_ = rows_ >= rows_wanted_;
    }
  }

  void measure(std::string_view insert) {
    const auto text = column_of(insert, column_);
    if (kafka_)
      kafka_->put(fmt::format(R"({{"after":{{"us":{}}},"source":{{"ts_us":{}}}}})", text, committed_us_));
    else
      latency_.add(wall_microseconds() - std::stoll(std::string(text)));
  }

  void wait() {
    ++gulps_;
    if (pause_us_ > 0) {
      const timespec pause{0, pause_us_ * 1000};
      nanosleep(&pause, nullptr);
    }
    pollfd socket{PQsocket(handle_.get()), POLLIN, 0};
    poll(&socket, 1, 200);
    if (PQconsumeInput(handle_.get()) == 0) fail("reading");
    if (monotonic_seconds() - status_sent_ > status_interval_s) send_status();
  }

  void send_status() {
    status_sent_ = monotonic_seconds();
    char status[34] = {'r'};
    for (int field = 0; field < 3; ++field) write_u64(status + 1 + 8 * field, position_);
    write_u64(status + 25, static_cast<std::uint64_t>(wall_microseconds() - postgres_epoch_us));
    if (PQputCopyData(handle_.get(), status, sizeof status) < 0 || PQflush(handle_.get()) < 0) fail("sending");
  }

  [[noreturn]] void fail(const char* during) const {
    throw std::runtime_error(fmt::format("{}: {}", during, PQerrorMessage(handle_.get())));
  }

  long rows_wanted_;
  long pause_us_;
  long column_;
  connection handle_;
  std::optional<kafka_end> kafka_;
  latencies latency_;
  long rows_ = 0;
  long gulps_ = 0;
  std::size_t bytes_ = 0;
  double started_ = 0, first_ = 0, last_ = 0, status_sent_ = 0;
  std::int64_t committed_us_ = 0;
  std::uint64_t position_ = 0;
  bool ended_ = false;
};

}  // namespace
}  // namespace weir::bench

int main(int count, char** words) try {
  weir::bench::reader reader(weir::bench::arguments(count, words, 1));
  reader.run();
  reader.print();
} catch (const std::exception& failure) {
  fmt::print(stderr, "paced_reader: {}\n", failure.what());
  return 1;
}
