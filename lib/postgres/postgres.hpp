#pragma once

/// weir::postgres: sessions with a server (libpq, never blocking), the slot and the publication, the rules of a
/// start, and the replication stream as an event::source. libpq's own header is seen by connection.cpp's
/// neighbours in this folder only, never through a header.
