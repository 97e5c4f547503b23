#pragma once

#include <async/blocking_pool.hpp>
#include <async/condition.hpp>
#include <config/settings.hpp>
#include <pipeline/flow.hpp>
#include <registry/client.hpp>

#include <optional>
#include <string>

namespace weir::app {

/// Whether a target needs the schema registry.
[[nodiscard]] bool writes_avro(const config::settings& with);
[[nodiscard]] registry::options registry_options_of(const config::settings& with);

/// Registers what Avro targets need, before the flow sees rows that are to be written so. A registry that
/// refuses a schema has answered: the flow is told, and the table's records go by their target's policy. One
/// that cannot be asked is waited for.
class schema_registrar {
 public:
  schema_registrar(async::executor on, async::blocking_pool& pool, const config::settings& with,
                   pipeline::flow& into);

  /// Nobody writes Avro: there is nothing to do, and no registry.
  [[nodiscard]] bool is_needed() const { return is_needed_; }

  /// Returns when the registry has answered for every schema that records of `table` (null: of logical
  /// messages) need. Throws weir::failure (retry, "registry_...") when it could not be asked for
  /// WEIR_HANG_UP_AFTER: a server that is not read from must not be held for longer.
  async::awaitable<> prepare(async::self me, const event::relation* table);

  /// Asks again for what was refused, now and then until cancelled: an operator may have changed the subject's
  /// compatibility.
  async::awaitable<> ask_again(async::self me);

  /// Why reading waits for the registry, for /ready; empty: it does not, or not for longer than
  /// WEIR_STALL_AFTER.
  [[nodiscard]] std::string waits_because(steady_time now) const;

 private:
  class asking;

  async::awaitable<> enrol(async::self me, pipeline::wanted_schema what);

  const config::settings& with_;
  pipeline::flow& flow_;
  bool is_needed_;
  registry::client client_;
  async::condition never_;
  std::string waits_because_;                ///< what failed last; empty: nothing since it last answered
  std::optional<steady_time> asking_since_;  ///< without any answer so far
};

}  // namespace weir::app
