#include <pipeline/ledger.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <utility>
#include <vector>

/// The ledger against the plainest model of it: every entry since the last start in a vector, and the confirmed
/// LSN computed anew from the first of them each time.
namespace {

using weir::lsn;
using weir::steady_time;
using weir::event::entry_token;
using weir::event::outcome;
using weir::event::share;
using weir::pipeline::ledger;

struct entry {
  std::size_t id = 0;
  entry_token token = 0;
  std::optional<lsn> end;
  std::size_t out = 0;
  bool is_abandoned = false;
  steady_time opened;

  [[nodiscard]] bool is_settled() const { return end && out == 0 && !is_abandoned; }
};

struct held_share {
  std::size_t id = 0;
  share part;
};

class model {
 public:
  lsn from;
  lsn highest;
  std::vector<entry> entries;

  void restart(lsn at) {
    from = highest = at;
    entries.clear();
  }
  [[nodiscard]] lsn confirmed() const {
    auto at = from;
    for (const auto& each : entries) {
      if (!each.is_settled()) break;
      at = std::max(at, *each.end);
    }
    return at;
  }
  [[nodiscard]] auto first_unsettled() const {
    return std::find_if(entries.begin(), entries.end(), [](const auto& each) { return !each.is_settled(); });
  }
  [[nodiscard]] entry* find(std::size_t id) {
    const auto at =
        std::find_if(entries.begin(), entries.end(), [&](const auto& each) { return each.id == id; });
    return at == entries.end() ? nullptr : &*at;
  }
};

class experiment {
 public:
  explicit experiment(std::uint64_t seed) : random_(seed) { start(lsn{0x1000}); }

  void step() {
    now_ += std::chrono::microseconds{1};
    const auto dice = up_to(1000);
    if (dice < 3) {
      crash();
    } else if (dice < 5) {
      abandon_one();
    } else if (dice < 150) {
      begin_or_commit();
    } else if (dice < 200) {
      open_or_close_message();
    } else if (dice < 300) {
      keep_alive();
    } else if (dice < 550) {
      take_share();
    } else if (dice < 600) {
      share_again();
    } else {
      settle_one();
    }
  }

  /// What is wrong, or null.
  [[nodiscard]] const char* complaint() {
    const auto confirmed = book_.confirmed();
    if (confirmed != model_.confirmed()) return "the confirmed LSN is not the model's";
    if (confirmed < last_confirmed_) return "the confirmed LSN went back";
    last_confirmed_ = confirmed;
    const auto first = model_.first_unsettled();
    std::size_t unsettled = 0;
    std::size_t out = 0;
    for (const auto& each : model_.entries) {
      unsettled += each.is_settled() ? 0 : 1;
      out += each.out;
    }
    if (book_.entries() > 2 * unsettled) return "settled neighbours were not merged";
    if (book_.held() != out) return "the count of what is out is not the model's";
    if (book_.is_settled() != (unsettled == 0)) return "it is not settled when all is settled";
    if (book_.has_open_transaction() != open_.has_value()) return "open and closed are mixed up";
    const auto oldest = first == model_.entries.end() ? steady_time::max() : first->opened;
    if (book_.oldest() != oldest) return "the oldest is not the model's";
    return nullptr;
  }

  [[nodiscard]] lsn confirmed() const { return book_.confirmed(); }
  [[nodiscard]] std::uint64_t stale() const { return book_.stale(); }

 private:
  std::size_t up_to(std::size_t limit) { return random_() % limit; }
  lsn next_lsn() { return model_.highest = lsn{model_.highest.value() + 1 + up_to(64)}; }

  void start(lsn from) {
    book_.restart(from);
    model_.restart(from);
    last_confirmed_ = from;
    open_.reset();
    messages_.clear();
  }

  void crash() {
    // What was stored can be older than what is confirmed. The shares of the dead run stay, to come late.
    start(up_to(2) == 0 ? model_.confirmed() : model_.from);
  }

  std::size_t add(entry_token token, std::optional<lsn> end, steady_time opened) {
    const auto at = open_ ? std::find_if(model_.entries.begin(), model_.entries.end(),
                                         [&](const auto& each) { return each.id == *open_; })
                          : model_.entries.end();
    return model_.entries.insert(at, entry{++last_id_, token, end, 0, false, opened})->id;
  }

  void begin_or_commit() {
    if (open_) {
      const auto end = next_lsn();
      book_.commit(end);
      model_.find(*open_)->end = end;
      open_.reset();
    } else {
      const auto token = book_.open(now_);
      open_ = add(token, std::nullopt, now_);
    }
  }

  void open_or_close_message() {
    if (messages_.empty() || up_to(2) == 0) {
      const auto token = book_.open_message(now_);
      messages_.push_back(add(token, std::nullopt, now_));
    } else {
      auto* const message = model_.find(messages_.back());
      messages_.pop_back();
      const auto at = next_lsn();
      book_.close_message(message->token, at);
      message->end = at;
    }
  }

  void keep_alive() {
    const auto kind = up_to(4);
    const auto at = kind == 0 ? lsn{model_.highest.value() - up_to(100)}
                              : (kind == 1 ? model_.highest : lsn{model_.highest.value() + up_to(100)});
    book_.advance(at);
    if (at <= model_.highest) return;
    model_.highest = at;
    add(0, at, steady_time::max());
  }

  void take_share() {
    std::vector<entry*> open;
    if (open_) open.push_back(model_.find(*open_));
    for (const auto id : messages_) open.push_back(model_.find(id));
    if (open.empty()) return;
    auto& into = *open[up_to(open.size())];
    shares_.push_back({into.id, share{book_, into.token}});
    ++into.out;
  }

  void share_again() {
    if (shares_.empty()) return;
    const auto which = up_to(shares_.size());
    auto* const of = model_.find(shares_[which].id);
    if (of == nullptr) return;
    shares_.push_back({of->id, shares_[which].part.another()});
    ++of->out;
  }

  held_share take_any() {
    const auto which = up_to(shares_.size());
    std::swap(shares_[which], shares_.back());
    auto taken = std::move(shares_.back());
    shares_.pop_back();
    return taken;
  }

  void settle_one() {
    if (shares_.empty()) return;
    auto taken = take_any();
    constexpr std::array outcomes{outcome::delivered, outcome::filtered, outcome::dead_lettered,
                                  outcome::dropped};
    taken.part.settle(outcomes[up_to(outcomes.size())]);
    if (auto* of = model_.find(taken.id)) --of->out;
  }

  void abandon_one() {
    if (shares_.empty()) return;
    const auto taken = take_any();
    if (auto* of = model_.find(taken.id)) {
      --of->out;
      of->is_abandoned = true;
    }
  }

  std::mt19937_64 random_;
  ledger book_;
  model model_;
  std::vector<held_share> shares_;
  std::vector<std::size_t> messages_;
  std::optional<std::size_t> open_;
  std::size_t last_id_ = 0;
  steady_time now_{};
  lsn last_confirmed_;
};

}  // namespace

TEST_CASE("R1 R2 R3 B7 the ledger agrees with a naive model over a million random steps") {
  const auto seed = Catch::getSeed();
  INFO("seed " << seed << " (--rng-seed repeats it)");
  experiment tried{seed};
  constexpr int steps = 1'000'000;
  for (int step = 0; step < steps; ++step) {
    tried.step();
    if (const auto* complaint = tried.complaint()) FAIL("step " << step << ": " << complaint);
  }
  CHECK(tried.confirmed() > lsn{0x10000});
  CHECK(tried.stale() > 1000);
}
