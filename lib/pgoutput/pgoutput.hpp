#pragma once

/// weir::pgoutput: what PostgreSQL's logical replication says on the wire, and what must be answered and when.
/// Pure: bytes and `now` go in, views and decisions come out; no socket, no clock, no waiting.
/// The facts are PostgreSQL's chapters "Streaming Replication Protocol" and "Logical Replication Message
/// Formats".
