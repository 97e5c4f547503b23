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

/// A value after parsing; the setting's type says which members count.
struct parsed {
  std::string text;               ///< text, and the word of a choice
  config::secret hidden;          ///< secret
  std::vector<std::string> list;  ///< list: trimmed, without empty parts
  std::uint64_t number = 0;  ///< duration: milliseconds; size: bytes; count; on/off: 1 or 0; choice: its index
};

/// What is wrong with a value and what to do, as the middle and the end of a sentence. Empty: nothing is wrong.
struct fault {
  std::string wrong;
  std::string remedy;
  [[nodiscard]] explicit operator bool() const { return !wrong.empty(); }
};

/// One setting: everything that parser, checks, `weir settings` and the documentation say about it.
struct setting {
  std::string_view name;
  std::string_view group;
  setting_type type = setting_type::text;
  std::string_view default_text = {};   ///< as a user would write it; empty: none
  std::string_view shown_default = {};  ///< what documentation says where there is no default text
  std::uint64_t least = 0;              ///< of `parsed::number`, in its base unit; both 0: any
  std::uint64_t most = 0;
  std::vector<std::string_view> choices = {};
  std::string_view description;
  /// Checks what the type alone cannot tell and puts the value into its place.
  fault (*assign)(settings& into, const setting& which, const parsed& value) = nullptr;

  /// Whether NAME_FILE is allowed: exactly the secrets.
  [[nodiscard]] bool may_be_file() const { return type == setting_type::secret; }
};

/// All settings in the order in which they are shown. A name that ends in `*` stands for all that begin so.
[[nodiscard]] std::span<const setting> settings_table();
/// The setting of that name; nothing when there is none.
[[nodiscard]] const setting* find_setting(std::string_view name);

/// A value as text with its unit, as `weir settings` prints limits: 4194304 of a size is 4MiB.
[[nodiscard]] std::string with_unit(setting_type type, std::uint64_t number);

}  // namespace weir::config
