// What weir's own code takes for one change, without a socket: frames of the data set's rows from memory
// through the decoder, the encoder, the lane and the ledger, into a sink that only reports. One JSON object.
//
//   --rows N

#include "arguments.hpp"
#include "latencies.hpp"

#include <async/byte_budget.hpp>
#include <event/sink.hpp>
#include <pipeline/flow.hpp>
#include <postgres/stream_decoder.hpp>

#include <sys/resource.h>

#include <array>

#include <boost/asio/io_context.hpp>

namespace weir::bench {
namespace {

constexpr std::uint32_t table_oid = 16'400;
constexpr std::int64_t rows_in_transaction = 500;
/// Reports come in batches, as a broker acknowledges them.
constexpr std::size_t batch = 1'000;

/// Bytes as pgoutput writes them, in an XLogData frame.
class frame {
 public:
  explicit frame(std::uint64_t at) {
    bytes_.push_back('w');
    number(at, 8);
    number(at, 8);
    number(0, 8);
  }
  frame& letter(char kind) {
    bytes_.push_back(kind);
    return *this;
  }
  frame& number(std::uint64_t value, unsigned size) {
    for (unsigned i = size; i > 0; --i) bytes_.push_back(static_cast<char>(value >> (8 * (i - 1))));
    return *this;
  }
  frame& name(std::string_view text) {
    bytes_.append(text).push_back('\0');
    return *this;
  }
  frame& cell(std::string_view text) {
    letter('t').number(text.size(), 4);
    bytes_.append(text);
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

struct column {
  const char* name;
  std::uint32_t type;
  std::uint32_t modifier;
};
constexpr std::array columns{column{"id", 20, UINT32_MAX},  column{"a", 23, UINT32_MAX},
                             column{"b", 25, UINT32_MAX},   column{"c", 1700, 786'438},
                             column{"d", 1184, UINT32_MAX}, column{"e", 3802, UINT32_MAX},
                             column{"f", 2950, UINT32_MAX}, column{"g", 16, UINT32_MAX}};

std::string relation(std::uint64_t at) {
  frame made(at);
  made.letter('R').number(table_oid, 4).name("public").name("t1").letter('d').number(columns.size(), 2);
  for (const auto& each : columns)
    made.number(&each == columns.data() ? 1 : 0, 1)
        .name(each.name)
        .number(each.type, 4)
        .number(each.modifier, 4);
  return made.take();
}

std::string insert(std::uint64_t at, std::int64_t n) {
  frame made(at);
  made.letter('I').number(table_oid, 4).letter('N').number(columns.size(), 2);
  return made.cell(std::to_string(n))
      .cell(std::to_string(n * 7919 % 1'000'003))
      .cell("customer " + std::to_string(n))
      .cell(fmt::format("{}.{:02}", n * 104'729 % 1'000'000, n % 100))
      .cell(fmt::format("2024-01-{:02} 00:{:02}:{:02}.234567+00", 1 + n % 28, n % 60, n % 59))
      .cell(fmt::format(R"({{"n": {}}})", n))
      .cell(fmt::format("{:08x}-6d2c-4b1a-9f00-{:012x}", n * 2'654'435'761 % 0xFFFFFFFF, n))
      .cell(n % 2 == 0 ? "t" : "f")
      .take();
}

/// One transaction of the stream, from BEGIN to COMMIT.
std::vector<std::string> transaction(std::uint64_t commit, std::int64_t first) {
  std::vector<std::string> frames{
      frame(commit).letter('B').number(commit, 8).number(0, 8).number(700, 4).take()};
  for (std::int64_t n = 0; n < rows_in_transaction; ++n)
    frames.push_back(insert(commit - 100'000 + static_cast<std::uint64_t>(n) * 160, first + n));
  frames.push_back(
      frame(commit).letter('C').number(0, 1).number(commit, 8).number(commit + 48, 8).number(0, 8).take());
  return frames;
}

/// Takes everything and reports it, in order and in batches, when it is told to.
class reporter final : public event::sink, public event::channel {
 public:
  void listen(event::sink_listener& listener) override { listener_ = &listener; }
  std::unique_ptr<event::channel> open(std::string topic, event::topic_kind /*kind*/) override {
    topic_ = std::move(topic);
    struct way final : event::channel {
      explicit way(reporter& to) : to_(to) {}
      event::acceptance offer(const event::record& what, event::share& part, bool is_alone) override {
        return to_.offer(what, part, is_alone);
      }
      [[nodiscard]] event::refusal why() const override { return {}; }
      [[nodiscard]] std::string waits_for() const override { return {}; }
      reporter& to_;
    };
    return std::make_unique<way>(*this);
  }
  void probe() override {}
  [[nodiscard]] std::size_t outstanding() const override { return out_.size(); }

  event::acceptance offer(const event::record& what, event::share& part, bool /*is_alone*/) override {
    bytes_ += event::charge(what);
    out_.push_back(
        {std::move(part), (what.key ? what.key->size() : 0) + (what.value ? what.value->size() : 0)});
    return event::acceptance::taken;
  }
  [[nodiscard]] event::refusal why() const override { return {}; }
  [[nodiscard]] std::string waits_for() const override { return {}; }

  void report_all() {
    for (auto& each : out_) {
      event::report what;
      what.is = event::report::result::delivered;
      what.part = std::move(each.part);
      what.topic = topic_;
      what.what.value = std::string_view{nothing_.data(), each.size};
      listener_->reported(std::move(what));
    }
    out_.clear();
  }
  [[nodiscard]] std::uint64_t bytes_seen() const { return bytes_; }

 private:
  struct kept {
    event::share part;
    std::size_t size;
  };
  event::sink_listener* listener_ = nullptr;
  std::string topic_;
  std::string nothing_ = std::string(64 * 1024, ' ');
  std::vector<kept> out_;
  std::uint64_t bytes_ = 0;
};

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

void run(std::int64_t rows) {
  boost::asio::io_context loop;
  async::byte_budget budget(loop.get_executor(), 32 * mebibyte);
  pipeline::flow_options options;
  auto& listener = options.listeners.emplace_back();
  listener.name = "all";
  listener.targets = {0};
  pipeline::target_options target;
  target.name = "kafka";
  target.topic = std::get<pipeline::text_template>(
      pipeline::text_template::parse("weir.{schema}.{table}", pipeline::escaping::topic));
  target.message_topic = "weir.message";
  options.targets.push_back(std::move(target));
  options.dead_letter_topic = "weir.dead-letters";
  options.envelope = {"weir", "bench", true};
  options.lane_idle = std::chrono::seconds(60);
  options.stall_after = std::chrono::seconds(10);
  pipeline::flow flow(loop.get_executor(), budget, std::move(options));
  reporter sink;
  constexpr lsn start{1'000'000};
  flow.begin_run(1, 1, start, sink);
  postgres::stream_decoder decoder(1, 256 * mebibyte, std::chrono::seconds(10), steady_clock::now());

  std::uint64_t commit = 2'000'000;
  double used = 0;
  for (std::int64_t done = 0; done < rows; done += rows_in_transaction, commit += 200'000) {
    auto frames = transaction(commit, done + 1);
    if (done == 0) frames.insert(frames.begin() + 1, relation(commit - 100'000));
    const auto before = processor_seconds();
    const auto now = steady_clock::now();
    for (const auto& each : frames) {
      if (decoder.take(each, flow, now)) {
        decoder.announced().key = {0};
        decoder.adopt();
      }
      if (sink.outstanding() >= batch) sink.report_all();
    }
    used += processor_seconds() - before;
  }
  sink.report_all();
  fmt::print(R"({{"rows":{},"ns_per_change":{:.0f},"bytes_per_record":{:.0f},"confirmed":"{}"}})"
             "\n",
             rows, used * 1e9 / static_cast<double>(rows),
             static_cast<double>(sink.bytes_seen()) / static_cast<double>(rows), flow.book().confirmed());
}

}  // namespace
}  // namespace weir::bench

int main(int count, char** words) try {
  weir::bench::run(weir::bench::arguments(count, words, 1).number("rows"));
} catch (const std::exception& failure) {
  fmt::print(stderr, "hot_path: {}\n", failure.what());
  return 1;
}
