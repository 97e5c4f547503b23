#include <postgres/heartbeat_book.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir::postgres {

void heartbeat_book::begin_run(steady_time now) {
  last_ = now;
  end_ = {};
  seen_.out_since.reset();
  seen_.is_late = false;
}

steady_time heartbeat_book::next() const {
  if (!seen_.out_since) return last_ + (seen_.is_missed ? std::min(interval_, bound_) : interval_);
  return seen_.is_late ? steady_time::max() : *seen_.out_since + bound_;
}

std::string heartbeat_book::content() const { return fmt::format("{} {}", own_, number_); }

std::string heartbeat_book::write(steady_time now) {
  ++number_;
  ++seen_.sent;
  seen_.out_since = now;
  seen_.is_late = false;
  end_ = {};
  last_ = now;
  return content();
}

void heartbeat_book::failed(steady_time now, std::string why) {
  ++seen_.failed;
  seen_.out_since.reset();
  seen_.is_late = false;
  seen_.problem = std::move(why);
  last_ = now;
}

bool heartbeat_book::returned(std::string_view what, steady_time now) {
  if (!seen_.out_since || what != content()) return false;
  ++seen_.returned;
  seen_.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(now - *seen_.out_since);
  seen_.out_since.reset();
  seen_.is_late = false;
  seen_.is_missed = false;
  seen_.problem.clear();
  return true;
}

heartbeat_book::verdict_of_look heartbeat_book::look(steady_time now, lsn passed) {
  if (!seen_.out_since) return verdict_of_look::fine;
  if (end_.is_set() && passed > end_) {
    ++seen_.missed;
    seen_.is_missed = true;
    seen_.is_late = false;
    seen_.out_since.reset();
    return verdict_of_look::turned_missed;
  }
  if (seen_.is_late || now < *seen_.out_since + bound_) return verdict_of_look::fine;
  ++seen_.late;
  seen_.is_late = true;
  return verdict_of_look::turned_late;
}

}  // namespace weir::postgres
