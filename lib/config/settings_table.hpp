#pragma once

#include <config/settings.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

enum class setting_type { text, secret, duration, size, count, on_off, choice, list };

[[nodiscard]] std::string_view to_string(setting_type type);

/// A value after parsing; which member counts is the type's: text, secret, choice and on/off excepted all are
/// plain.
struct parsed {
  std::string text;               ///< text; choice: the chosen word
  config::secret hidden;          ///< secret
  std::vector<std::string> list;  ///< list: trimmed, without empty parts
  std::uint64_t number = 0;  ///< duration: milliseconds; size: bytes; count; on/off: 1 or 0; choice: its index
};

/// One setting: everything that parser, checks, `weir settings` and the documentation say about it.
struct setting {
  std::string_view name;
  std::string_view group;
  setting_type type;
  std::string_view default_text;   ///< as a user would write it; empty: none
  std::string_view shown_default;  ///< what documentation says instead, such as "libpq's"
  std::uint64_t least = 0;         ///< of `number`, in its base unit; both 0: any
  std::uint64_t most = 0;
  std::vector<std::string_view> choices;
  std::string_view description;
  /// Puts the value into place; what it returns is wrong with it (empty: nothing).
  std::string (*assign)(settings& into, const parsed& value);

  /// Whether NAME_FILE is allowed: exactly the secrets.
  [[nodiscard]] bool may_be_file() const { return type == setting_type::secret; }
};

/// All settings in the order in which they are shown.
[[nodiscard]] std::span<const setting> settings_table();

}  // namespace weir::config
