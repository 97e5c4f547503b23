#pragma once

#include <config/document.hpp>
#include <config/load.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

/// More bytes than this are no document that a person wrote.
inline constexpr bytes largest_document = mebibyte;
/// Each name becomes labels of metrics, so their number is bounded.
inline constexpr std::size_t most_listeners = 64;
inline constexpr std::size_t most_targets = 64;

/// Of a grouped record's value: fits with key and headers into a topic of Kafka's default limit of 1 MiB.
inline constexpr bytes default_group_limit = 900 * kibibyte;

struct read_document {
  config::document document;         ///< all that could be read; whole only without mistakes
  std::vector<mistake> mistakes;     ///< in the order of the text
  std::vector<std::string> notices;  ///< worth one log line each
};

/// What WEIR_CONFIG holds: the document itself when it begins with `{`, else the path of a file. Opens at most
/// that file; never throws for what it holds. Structure, names and words are checked; filters, templates and
/// column names are for others.
[[nodiscard]] read_document load_document(std::string_view path_or_text);
[[nodiscard]] read_document parse_document(std::string_view text);

/// A mistake of the document: WEIR_CONFIG with JSON pointer, line and column.
[[nodiscard]] mistake mistake_at(const place& at, std::string shown, std::string wrong, std::string remedy);

}  // namespace weir::config
