#include <support/eventually.hpp>

#include <poll.h>

namespace weir::support {

void give_time(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  for (auto left = time; left.count() > 0;) {
    ::poll(nullptr, 0, static_cast<int>(left.count()));
    left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  }
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds bound,
                std::chrono::milliseconds rest) {
  const auto until = std::chrono::steady_clock::now() + bound;
  while (true) {
    if (holds()) return true;
    if (std::chrono::steady_clock::now() >= until) return false;
    give_time(rest);
  }
}

}  // namespace weir::support
