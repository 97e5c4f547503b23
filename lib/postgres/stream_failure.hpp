#pragma once

#include <postgres/server_error.hpp>

#include <string>

namespace weir::postgres {

/// What a refused START_REPLICATION, or a stream that the server ends, means for the slot: throws
/// weir::failure (refuse) when changes are gone for good, and the error itself when it says nothing of the
/// kind.
[[noreturn]] void raise_as_stream_failure(const server_error& error, const std::string& slot);

}  // namespace weir::postgres
