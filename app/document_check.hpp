#pragma once

#include <config/load.hpp>
#include <pipeline/text_template.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::app {

/// What the document's templates and filters get wrong, as far as no table is needed to tell: syntax, fields,
/// topics that Kafka does not take or that are Weir's own, and what a record of a whole transaction cannot
/// have. Looks at all that could be read of a document with mistakes, too.
[[nodiscard]] std::vector<config::mistake> check_document(const config::settings& with);

/// A template of the document with {prefix} filled in; nothing when it is none, which check_document has told.
[[nodiscard]] std::optional<pipeline::text_template> template_of_document(const config::settings& with,
                                                                          const config::text_at& text,
                                                                          pipeline::escaping how);

/// Where in a filter something is: "character 5", or "character 5 of its line 2".
[[nodiscard]] std::string place_in_text(std::size_t line, std::size_t column);

/// Whether a topic is one that Weir keeps for itself: no change may land there.
[[nodiscard]] bool is_own_topic(const config::settings& with, std::string_view name);

}  // namespace weir::app
