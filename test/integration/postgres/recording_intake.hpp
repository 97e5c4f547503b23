#pragma once

#include <async/byte_budget.hpp>
#include <async/condition.hpp>
#include <base/lsn.hpp>
#include <event/intake.hpp>

#include <functional>
#include <string>
#include <vector>

namespace weir::postgres {

/// Writes down what a stream says, one line for each call, and can be waited on. Rows read like
/// `c public.t () (1, one)`: operation, table, old row, new row; NULL is `-`, an unchanged value `=`.
class recording_intake : public event::intake {
 public:
  explicit recording_intake(async::executor on) : changed_(std::move(on)) {}

  void begin(const event::transaction& opened) override;
  void admit(const event::change& what) override;
  void commit(lsn end) override;
  void advance(lsn at) override;

  /// Waits until `holds` is true of what was said so far.
  async::awaitable<> until(std::function<bool()> holds);
  async::awaitable<> until_rows(std::size_t count) {
    return until([this, count] { return rows.size() >= count; });
  }

  std::vector<std::string> rows;
  std::vector<lsn> commits;
  std::vector<lsn> advances;
  /// The newest position that may be confirmed.
  lsn end;
  std::vector<std::string> keys;  ///< for each row: names of the key's columns, like `id,tenant`
  std::vector<std::uint64_t> relation_versions;
  bool is_open = false;
  /// Takes room for each row and never gives it back, as a sink that stalls would.
  async::byte_budget* stalls = nullptr;

 private:
  async::condition changed_;
};

}  // namespace weir::postgres
