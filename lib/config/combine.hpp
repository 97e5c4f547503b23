#pragma once

#include <config/load.hpp>

#include <functional>
#include <string_view>

namespace weir::config {

/// What one setting means for another: fills in the topics, settles the defaults that depend, and adds what
/// does not go together. `is_given` tells whether the user set a name; a name whose own value is wrong counts
/// as not usable and is left out of the comparisons by `is_sound`.
struct known_names {
  std::function<bool(std::string_view)> is_given;
  std::function<bool(std::string_view)> is_sound;
};
void combine(loaded& into, const known_names& names);

}  // namespace weir::config
