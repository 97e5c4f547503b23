#pragma once

#include <chrono>
#include <functional>

namespace weir::support {

/// Whether `holds` becomes true within `bound`. Asked at once, then again and again with short rests between (a
/// poll(2) on nothing): only for what another process does. What happens on a test's own loop is awaited.
bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds bound = std::chrono::seconds{60},
                std::chrono::milliseconds rest = std::chrono::milliseconds{10});

/// Lets other processes go on for `time`. For tests whose subject is that nothing happens.
void give_time(std::chrono::milliseconds time);

}  // namespace weir::support
