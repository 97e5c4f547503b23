#pragma once

#include <async/async.hpp>
#include <async/readiness.hpp>
#include <base/clock.hpp>
#include <event/sink.hpp>
#include <stdio/json_line.hpp>

#include <deque>
#include <string>
#include <system_error>

namespace weir::stdio {

/// The lines that one descriptor still has to take, in order. Writing is synchronous and takes what goes; only
/// the wait for more room is not.
class outlet {
 public:
  struct entry {
    json_line line;
    event::share part;
    std::string topic;
    steady_time offered;
  };
  enum class progress { all_written, must_wait, failed };

  /// Borrows `descriptor` and makes it non-blocking for its life.
  outlet(async::executor on, int descriptor);
  ~outlet();
  outlet(const outlet&) = delete;
  outlet& operator=(const outlet&) = delete;

  void push(entry what);
  /// Writes what the descriptor takes now. Entries that are out whole move to `written`.
  progress write(std::deque<entry>& written);
  [[nodiscard]] std::error_code error() const { return error_; }
  async::awaitable<> writable();

  [[nodiscard]] std::size_t size() const { return waiting_.size(); }
  [[nodiscard]] bytes buffered() const { return buffered_; }
  void clear() noexcept { waiting_.clear(); }

 private:
  int descriptor_;
  int flags_;  ///< as they were
  async::readiness ready_;
  std::deque<entry> waiting_;
  std::size_t written_of_first_ = 0;
  bytes buffered_ = 0;
  std::error_code error_;
};

}  // namespace weir::stdio
