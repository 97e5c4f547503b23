#pragma once

/// weir::registry: a client of the schema registry that Confluent's REST API describes, on the loop. Knows
/// subjects and schema texts; what they are for is the caller's.
