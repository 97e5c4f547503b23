#pragma once

/// weir::admin: the HTTP endpoint for probes, metrics, the table of tasks and the status page. Reads only; what
/// it shows comes from the registries and from the callbacks in `pages`.

#include <admin/server.hpp>
