#pragma once

/// weir::async: owned tasks on one Asio loop, what they wait for, deadlines, the byte budget, readiness of
/// foreign descriptors and the small pool for calls that can only block. Nothing outside spawns, detaches or
/// starts threads.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace weir::async {

template <class T = void>
using awaitable = boost::asio::awaitable<T>;
using executor = boost::asio::any_io_executor;

}  // namespace weir::async
