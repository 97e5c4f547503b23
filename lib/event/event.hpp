#pragma once

/// weir::event: what flows through Weir and the seams it flows over. A source drives an `intake`, a sink takes
/// records and reports about each, a `state_store` keeps what must survive. Knows no protocol and does no I/O.
