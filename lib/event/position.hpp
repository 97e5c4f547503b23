#pragma once

#include <base/lsn.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::event {

/// Where a record stands in the stream; unique and totally ordered, unlike row LSNs.
struct position {
  std::uint32_t timeline = 0;
  lsn commit;  ///< the LSN that BEGIN announces (start of the commit record)
  std::uint64_t seq =
      0;  ///< 1, 2, ... over the transaction's changes as received; 0: no transaction, see below
  /// Order among the records of one change in one target. A row of a snapshot is {LSN of the snapshot, 0, n}: n
  /// = 1, 2, ... over all that was read there. A message outside of a transaction is {its own LSN, 0, 0}.
  std::uint64_t part = 0;

  auto operator<=>(const position&) const = default;

  /// Reads the header form, `1/16/B374D848/17/2`.
  static std::optional<position> parse(std::string_view text);
};

}  // namespace weir::event

template <>
struct fmt::formatter<weir::event::position> : fmt::formatter<fmt::string_view> {
  template <class Context>
  auto format(const weir::event::position& at, Context& context) const {
    return fmt::format_to(context.out(), "{}/{}/{}/{}", at.timeline, at.commit, at.seq, at.part);
  }
};
