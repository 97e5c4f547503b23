#pragma once

/// weir::encode: turns a change into the bytes of its records (Debezium's envelope). Synchronous and without
/// I/O; knows the change, not where the record goes.
