#pragma once

/// weir::pipeline: from a decoded change to a settled transaction. The dispatcher makes records, lanes keep
/// their order on the way to the sink, dead letters take what no broker will, and the ledger turns reports into
/// the one LSN that may be confirmed. Decisions only: nothing here waits.
