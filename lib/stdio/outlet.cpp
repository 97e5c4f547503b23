#include <stdio/outlet.hpp>

#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace weir::stdio {
namespace {

constexpr std::size_t most_lines_a_write = 64;

}  // namespace

outlet::outlet(async::executor on, int descriptor)
    : descriptor_(descriptor), flags_(::fcntl(descriptor, F_GETFL)), ready_(std::move(on)) {
  if (flags_ >= 0) (void)::fcntl(descriptor_, F_SETFL, flags_ | O_NONBLOCK);
}

outlet::~outlet() {
  // The description may be shared with a shell, which does not expect EAGAIN.
  if (flags_ >= 0) (void)::fcntl(descriptor_, F_SETFL, flags_);
}

void outlet::push(entry what) {
  buffered_ += what.line.text.size();
  waiting_.push_back(std::move(what));
}

outlet::progress outlet::write(std::deque<entry>& written) {
  while (!waiting_.empty()) {
    std::array<::iovec, most_lines_a_write> parts{};
    const auto count = std::min(parts.size(), waiting_.size());
    for (std::size_t i = 0; i < count; ++i) {
      auto& text = waiting_[i].line.text;
      const auto from = i == 0 ? written_of_first_ : 0;
      parts[i] = {text.data() + from, text.size() - from};
    }
    auto taken = ::writev(descriptor_, parts.data(), static_cast<int>(count));
    if (taken < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return progress::must_wait;
      error_ = {errno, std::generic_category()};
      return progress::failed;
    }
    written_of_first_ += static_cast<std::size_t>(taken);
    while (!waiting_.empty() && written_of_first_ >= waiting_.front().line.text.size()) {
      written_of_first_ -= waiting_.front().line.text.size();
      buffered_ -= waiting_.front().line.text.size();
      written.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  return progress::all_written;
}

async::awaitable<> outlet::writable() {
  if (!ready_.is_watching()) ready_.watch(descriptor_);
  co_await ready_.writable();
}

}  // namespace weir::stdio
