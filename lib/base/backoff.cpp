#include <base/backoff.hpp>

#include <algorithm>

namespace weir {
namespace {

/// Beyond this many doublings every base has reached any sensible cap; a larger shift would overflow.
constexpr unsigned most_doublings = 20;

}  // namespace

backoff::milliseconds backoff::next() {
  const auto doublings = std::min(attempts_++, most_doublings);
  const auto whole = std::min(cap_.count(), base_.count() << doublings);
  return milliseconds{std::uniform_int_distribution<milliseconds::rep>{whole / 2, whole}(random_)};
}

}  // namespace weir
