#pragma once

#include <string>
#include <string_view>

namespace weir::pipeline {

/// A topic from a template whose fields are `{schema}` and `{table}` ({prefix} is filled in before). A byte of
/// a name that Kafka does not allow (all but letters, digits, `.`, `_` and `-`) becomes `_x` and two
/// hexadecimal digits, and so does the underscore of a name that holds such a sequence itself, so that two
/// tables do not meet in one topic by escaping. A name above Kafka's 249 characters is the broker's to refuse.
[[nodiscard]] std::string topic_name(std::string_view topic_template, std::string_view schema,
                                     std::string_view table);

}  // namespace weir::pipeline
