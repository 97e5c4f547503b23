#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::registry {

/// Where a registry answers: `https://registry:8081/apis/ccompat/v7`.
struct base_url {
  bool is_encrypted = false;
  std::string host;  ///< a name or an address, without the brackets of IPv6
  std::string port;  ///< decimal; 80 and 443 when the text names none
  std::string path;  ///< without a slash at its end; empty: the root

  /// Nothing when `text` is no http or https address.
  [[nodiscard]] static std::optional<base_url> parse(std::string_view text);

  /// As the Host field of a request says it.
  [[nodiscard]] std::string authority() const;
  /// For people.
  [[nodiscard]] std::string text() const;
};

/// `text` as one segment of a path: everything but letters, digits and `-._~` is percent-encoded.
[[nodiscard]] std::string path_segment(std::string_view text);

}  // namespace weir::registry
