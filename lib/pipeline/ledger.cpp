#include <pipeline/ledger.hpp>

#include <algorithm>
#include <stdexcept>

namespace weir::pipeline {
namespace {

constexpr unsigned bits_of_index = 28;
constexpr unsigned bits_of_generation = event::bits_of_entry - bits_of_index;
constexpr std::uint32_t index_mask = (1U << bits_of_index) - 1;
constexpr std::uint32_t generation_mask = (1U << bits_of_generation) - 1;

}  // namespace

void ledger::restart(lsn from) {
  while (first_ != none) {
    held_ -= slab_[first_].held;
    remove(first_);
  }
  if (ranges_ > 0) {
    for (index at = 0; at < slab_.size(); ++at) {
      if (!slab_[at].is_live || !slab_[at].is_range) continue;
      held_ -= slab_[at].held;
      release(at);
    }
    ranges_ = 0;
  }
  settled_ranges_.clear();
  open_ = none;
  confirmed_ = from;
  highest_ = from;
  abandoned_ = 0;
}

event::entry_token ledger::open(steady_time now, const transaction_note& of) {
  if (open_ != none) throw std::logic_error{"a transaction opens in the ledger while another is open"};
  open_ = insert_before(none, now);
  slab_[open_].of = of;
  return token_of(open_);
}

void ledger::commit(lsn end) {
  if (open_ == none) throw std::logic_error{"a commit reaches the ledger without a transaction"};
  close(std::exchange(open_, none), end);
}

event::entry_token ledger::open_message(steady_time now) { return token_of(insert_before(open_, now)); }

void ledger::close_message(event::entry_token message, lsn at) {
  const auto which = find(message);
  if (which == none) throw std::logic_error{"a message is closed in the ledger that is not open"};
  close(which, at);
}

event::entry_token ledger::open_range(steady_time now, std::uint64_t number) {
  // Settling never allocates, so that it cannot fail.
  settled_ranges_.reserve(settled_ranges_.size() + ranges_ + 1);
  const auto at = make_entry(now);
  slab_[at].is_range = true;
  slab_[at].number = number;
  ++ranges_;
  return token_of(at);
}

void ledger::close_range(event::entry_token range) {
  const auto at = find(range);
  if (at == none || !slab_[at].is_range) {
    throw std::logic_error{"a range is closed in the ledger that is not open"};
  }
  slab_[at].is_closed = true;
  if (slab_[at].is_settled()) settled(at);
}

bool ledger::is_of_range(event::entry_token token) const {
  const auto at = find(token);
  return at != none && slab_[at].is_range;
}

std::vector<std::uint64_t> ledger::take_settled_ranges() {
  // A copy: what is reserved is for those that are still open.
  auto taken = settled_ranges_;
  settled_ranges_.clear();
  return taken;
}

void ledger::advance(lsn at) {
  if (at <= highest_) return;
  close(insert_before(open_, steady_time::max()), at);
}

void ledger::hold(event::entry_token token) {
  const auto at = find(token);
  // A closed entry grows by the shares of those that it still waits for, never from nothing.
  if (at == none || (slab_[at].is_closed && slab_[at].held == 0)) {
    throw std::logic_error{"a share is taken of a ledger entry that is settled or of an earlier run"};
  }
  ++slab_[at].held;
  ++held_;
}

void ledger::settle(event::entry_token token, event::outcome /*how*/) noexcept {
  const auto at = find_held(token);
  if (at == none) {
    ++stale_;
    return;
  }
  --slab_[at].held;
  --held_;
  if (slab_[at].is_settled()) settled(at);
}

void ledger::abandon(event::entry_token token) noexcept {
  const auto at = find_held(token);
  if (at == none) {
    ++stale_;
    return;
  }
  --slab_[at].held;
  --held_;
  ++abandoned_;
  slab_[at].is_abandoned = true;
}

steady_time ledger::oldest() const { return first_ == none ? steady_time::max() : slab_[first_].opened; }

event::entry_token ledger::token_of(index at) const {
  return (event::entry_token{slab_[at].generation} << bits_of_index) | at;
}

ledger::index ledger::find(event::entry_token token) const noexcept {
  const auto at = static_cast<index>(token) & index_mask;
  const auto generation = static_cast<std::uint32_t>(token >> bits_of_index) & generation_mask;
  if (at >= slab_.size() || !slab_[at].is_live || slab_[at].generation != generation) return none;
  return at;
}

const transaction_note* ledger::note_of(event::entry_token token) const {
  const auto at = find(token);
  return at == none || slab_[at].of.xid == 0 ? nullptr : &slab_[at].of;
}

ledger::index ledger::find_held(event::entry_token token) const noexcept {
  const auto at = find(token);
  return at != none && slab_[at].held > 0 ? at : none;
}

ledger::index ledger::make_entry(steady_time now) {
  index at = 0;
  if (free_.empty()) {
    if (slab_.size() > index_mask) throw std::length_error{"the ledger holds more entries than it can name"};
    at = static_cast<index>(slab_.size());
    slab_.emplace_back();
    // Removing never allocates, so that settling cannot fail.
    free_.reserve(slab_.capacity());
  } else {
    at = free_.back();
    free_.pop_back();
  }
  slab_[at] = entry{.generation = slab_[at].generation, .is_live = true, .opened = now};
  ++live_;
  return at;
}

ledger::index ledger::insert_before(index next, steady_time now) {
  const auto at = make_entry(now);
  const auto previous = next == none ? last_ : slab_[next].previous;
  slab_[at].previous = previous;
  slab_[at].next = next;
  (previous == none ? first_ : slab_[previous].next) = at;
  (next == none ? last_ : slab_[next].previous) = at;
  return at;
}

void ledger::remove(index at) noexcept {
  auto& gone = slab_[at];
  (gone.previous == none ? first_ : slab_[gone.previous].next) = gone.next;
  (gone.next == none ? last_ : slab_[gone.next].previous) = gone.previous;
  release(at);
}

void ledger::release(index at) noexcept {
  auto& gone = slab_[at];
  gone.is_live = false;
  gone.generation = (gone.generation + 1) & generation_mask;
  --live_;
  free_.push_back(at);
}

void ledger::settled(index at) noexcept {
  if (!slab_[at].is_range) {
    merge_settled(at);
    return;
  }
  settled_ranges_.push_back(slab_[at].number);
  --ranges_;
  release(at);
}

void ledger::close(index at, lsn end) {
  slab_[at].is_closed = true;
  slab_[at].end = end;
  highest_ = std::max(highest_, end);
  if (slab_[at].is_settled()) merge_settled(at);
}

void ledger::merge_settled(index at) noexcept {
  if (at == first_) {
    confirm_prefix();
    return;
  }
  const auto into = slab_[at].previous;
  if (slab_[into].is_settled()) {
    slab_[into].end = std::max(slab_[into].end, slab_[at].end);
    remove(at);
    at = into;
  }
  const auto after = slab_[at].next;
  if (after != none && slab_[after].is_settled()) {
    slab_[at].end = std::max(slab_[at].end, slab_[after].end);
    remove(after);
  }
}

void ledger::confirm_prefix() noexcept {
  while (first_ != none && slab_[first_].is_settled()) {
    confirmed_ = std::max(confirmed_, slab_[first_].end);
    remove(first_);
  }
}

}  // namespace weir::pipeline
