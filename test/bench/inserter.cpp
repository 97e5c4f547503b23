// Writes rows at a steady rate, each with the time of its insert, on one connection.
//
//   --conninfo TEXT --rate N       transactions per second, on a fixed schedule: one that is late shifts no
//   other
//   --rows N --transactions N      rows in each transaction, and how many of them
//   --phase US                     start of the schedule
//
// Prints one JSON object: rows, seconds, and how long the commits took as their client sees them.

#include "arguments.hpp"
#include "latencies.hpp"

#include <libpq-fe.h>

#include <cstdio>
#include <memory>
#include <thread>

namespace weir::bench {
namespace {

struct close_connection {
  void operator()(PGconn* handle) const noexcept { PQfinish(handle); }
};

class inserter {
 public:
  explicit inserter(const arguments& with)
      : transactions_(with.number("transactions")), rows_(with.text("rows")), count_(with.number("rows")) {
    interval_ = std::chrono::nanoseconds(1'000'000'000 / with.number("rate"));
    phase_ = std::chrono::microseconds(with.number("phase", 0));
    handle_.reset(PQconnectdb(with.text("conninfo").c_str()));
    expect(PQprepare(handle_.get(), "beat",
                     "insert into beat(us) select (extract(epoch from clock_timestamp()) * 1000000)::bigint "
                     "from generate_series(1, $1::int)",
                     1, nullptr),
           PGRES_COMMAND_OK);
  }

  void run() {
    const auto start = std::chrono::steady_clock::now() + phase_;
    for (long i = 0; i < transactions_; ++i) {
      std::this_thread::sleep_until(start + i * interval_);
      const auto before = wall_microseconds();
      const char* values[] = {rows_.c_str()};
      expect(PQexecPrepared(handle_.get(), "beat", 1, values, nullptr, nullptr, 0), PGRES_COMMAND_OK);
      commits_.add(wall_microseconds() - before);
    }
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  void print() const {
    fmt::print(R"({{"rows":{},"seconds":{:.3f},"commit":{}}})"
               "\n",
               transactions_ * count_, seconds_, commits_.json());
  }

 private:
  void expect(PGresult* answer, ExecStatusType wanted) const {
    const bool fine = PQresultStatus(answer) == wanted;
    PQclear(answer);
    if (!fine) throw std::runtime_error(PQerrorMessage(handle_.get()));
  }

  std::unique_ptr<PGconn, close_connection> handle_;
  long transactions_;
  std::string rows_;
  long count_;
  std::chrono::nanoseconds interval_{};
  std::chrono::microseconds phase_{};
  latencies commits_;
  double seconds_ = 0;
};

}  // namespace
}  // namespace weir::bench

int main(int count, char** words) try {
  weir::bench::inserter inserter(weir::bench::arguments(count, words, 1));
  inserter.run();
  inserter.print();
} catch (const std::exception& failure) {
  fmt::print(stderr, "inserter: {}\n", failure.what());
  return 1;
}
