#pragma once

#include <event/position.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::pipeline {

/// Writes positions for the header of every record, `1/16/B374D848/17/2`. What the records of one transaction
/// have in common is written once.
class position_text {
 public:
  /// Valid until the next call.
  [[nodiscard]] std::string_view of(const event::position& at);

 private:
  static constexpr std::size_t most = 80;  // 10 + 17 + 20 + 20 digits and three slashes

  std::array<char, most> text_;
  std::size_t kept_ = 0;  ///< of the transaction's part; 0: none written yet
  std::uint32_t timeline_ = 0;
  lsn commit_;
};

}  // namespace weir::pipeline
