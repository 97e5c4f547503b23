#pragma once

/// weir::support: what the tests share. Running coroutines to their end, private PostgreSQL and Kafka servers,
/// a proxy that cuts and freezes, the weir process itself, and the oracle that judges what arrived. Everything
/// that is started here ends with its object, at the latest with the test process. What cannot be done throws a
/// std::runtime_error whose sentence holds the log of the program that failed.
namespace weir::support {}
