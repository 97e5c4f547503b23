#pragma once

#include <event/change.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace weir::pipeline {

/// A W3C `traceparent` (https://www.w3.org/TR/trace-context/): which trace an application's work belongs to.
class traceparent {
 public:
  static constexpr std::string_view name = "traceparent";  ///< of the message's prefix and of the header

  /// Nothing where the specification says that it must not be used: letters that are not lower-case
  /// hexadecimal, version ff, a trace or parent of zeros, a version 00 with anything behind it. Of a version
  /// that comes after 00 only what this one knows is kept, and it becomes 00, as the specification wants.
  [[nodiscard]] static std::optional<traceparent> parse(std::string_view text);

  /// The header's value.
  [[nodiscard]] std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 55> text_{};  ///< 00-{32 digits}-{16 digits}-{2 digits}
};

/// The trace of the open transaction, which the application names by
/// `select pg_logical_emit_message(true, 'traceparent', '00-...')` before the changes that belong to it.
class trace_context {
 public:
  /// BEGIN: what was remembered is over.
  void begin() noexcept { current_.reset(); }
  /// Remembers what a transactional message of that prefix says, until the next one or the next BEGIN. What is
  /// no traceparent changes nothing. False for any other change.
  bool notice(const event::change& what);
  /// To be a header of every record of the transaction from here on.
  [[nodiscard]] const std::optional<traceparent>& current() const noexcept { return current_; }

 private:
  std::optional<traceparent> current_;
};

}  // namespace weir::pipeline
