#include <async/byte_budget.hpp>

#include <algorithm>
#include <cassert>

namespace weir::async {

void byte_budget::take(bytes size) {
  used_ += size;
  peak_ = std::max(peak_, used_);
}

void byte_budget::release(bytes size) {
  assert(size <= used_);
  used_ -= size;
  if (!waiters_.empty()) changed_.notify_all();
}

void byte_budget::hold(bool is) {
  is_held_ = is;
  if (!is_held_) changed_.notify_all();
}

awaitable<> byte_budget::wait_for_room(bytes expected) {
  // Whoever stops waiting leaves its place, so that those behind it move up.
  struct place {
    byte_budget& in;
    std::list<const void*>::iterator at;
    explicit place(byte_budget& budget) : in(budget), at(in.waiters_.insert(in.waiters_.end(), this)) {}
    ~place() {
      in.waiters_.erase(at);
      in.changed_.notify_all();
    }
    [[nodiscard]] bool is_next() const { return in.waiters_.front() == this; }
  };
  const place mine{*this};
  while (!mine.is_next() || !fits(expected)) co_await changed_.wait();
}

}  // namespace weir::async
