#pragma once

#include <event/relation.hpp>
#include <filter/checker.hpp>

#include <cstdint>

namespace weir::filter {

/// Variables of row filters, by their number in a plan.
enum class row_variable : std::uint32_t {
  op,
  schema,
  table,
  txid,
  lsn,
  commit_time,
  message,
  message_prefix,
  message_content,
  message_transactional,
};

/// Variables of transaction filters, by their number in a plan.
enum class transaction_variable : std::uint32_t { txid, lsn, commit_time, count, tables, operations };

/// `table` is null unless `has` is `table`.
[[nodiscard]] environment row_environment(environment::rows has, const event::relation* table);
[[nodiscard]] environment transaction_environment();

}  // namespace weir::filter
