#pragma once

#include <async/condition.hpp>
#include <event/sink.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::support {

/// Counts what becomes of shares, entry by entry.
class counting_book final : public event::settlement {
 public:
  struct entry {
    int held = 0;
    int settled = 0;
    int abandoned = 0;
  };

  void hold(event::entry_token of) override { ++entries[of].held; }
  void settle(event::entry_token of, event::outcome) noexcept override {
    ++entries[of].settled;
    ++settled;
  }
  void abandon(event::entry_token of) noexcept override {
    ++entries[of].abandoned;
    ++abandoned;
  }

  std::map<event::entry_token, entry> entries;
  int settled = 0;
  int abandoned = 0;
};

/// Listens to a sink, keeps everything and settles what was delivered.
class recorder final : public event::sink_listener {
 public:
  struct told {
    event::report::result is;
    std::string topic;
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string code;
    std::string sentence;
    std::chrono::microseconds latency;
    std::optional<std::uint32_t> partition_hash;
  };

  explicit recorder(async::executor on) : changed(std::move(on)) {}

  void reported(event::report&& of) override {
    told seen{of.is,      std::string{of.topic}, {}, {}, {}, std::string{of.code}, std::string{of.sentence},
              of.latency, of.what.partition_hash};
    if (of.what.key) seen.key = *of.what.key;
    if (of.what.value) seen.value = *of.what.value;
    for (const auto& each : of.what.headers) seen.headers.emplace_back(each.name, each.value);
    if (of.is == event::report::result::delivered) of.part.settle(event::outcome::delivered);
    reports.push_back(std::move(seen));
    changed.notify_all();
  }
  void room() override {
    ++rooms;
    changed.notify_all();
  }
  void reachable(bool is, std::string_view why) override {
    reached.emplace_back(is, why);
    changed.notify_all();
  }
  void broken(const failure& why) override {
    ends.push_back(why);
    changed.notify_all();
  }

  [[nodiscard]] std::size_t count(event::report::result which) const {
    return static_cast<std::size_t>(
        std::count_if(reports.begin(), reports.end(), [&](const told& each) { return each.is == which; }));
  }

  /// Waits until `holds`, asked again after everything that the sink tells; false when `bound` is over.
  template <class Predicate>
  async::awaitable<bool> until(Predicate holds, std::chrono::milliseconds bound = std::chrono::seconds{15}) {
    const auto late = steady_clock::now() + bound;
    while (!holds()) {
      if (!co_await changed.wait_until(late) && steady_clock::now() >= late) co_return holds();
    }
    co_return true;
  }

  std::vector<told> reports;
  int rooms = 0;
  std::vector<std::pair<bool, std::string>> reached;
  std::vector<failure> ends;
  async::condition changed;
};

}  // namespace weir::support
