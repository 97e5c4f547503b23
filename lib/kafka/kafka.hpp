#pragma once

/// weir::kafka: librdkafka behind one folder. The producer (an event::sink), the state topic (an
/// event::state_store), what `weir check` asks a broker, and the properties that are passed through or refused.
///
/// The library runs without callbacks: everything it has to say arrives as events on a queue, and an eventfd
/// wakes the loop. Its threads never touch our state. Internal headers that include <librdkafka/rdkafka.h> are
/// handles.hpp and those that say so in their first lines; nothing outside this folder includes them.

#include <event/event.hpp>

namespace weir::kafka {}
