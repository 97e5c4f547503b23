#pragma once

#include <config/settings.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

using environment = std::map<std::string, std::string>;

/// The process environment (`environ`) by name.
[[nodiscard]] environment environment_of(const char* const* variables);

/// One thing that is wrong, in words for the person who set it.
struct mistake {
  std::string name;    ///< the variable
  std::string shown;   ///< its value as it may be shown, in quotes; empty when unset; "(hidden)" for a secret
  std::string wrong;   ///< "needs a unit"
  std::string remedy;  ///< "write a whole number with B, KiB, MiB or GiB, such as 32MiB"
};

/// `WEIR_MEMORY="10" needs a unit; write ...`
[[nodiscard]] std::string to_string(const mistake& each);

/// All of them, one a line, under a heading that counts them. Empty when there are none.
[[nodiscard]] std::string report(const std::vector<mistake>& all);

/// A value as `mistake::shown` holds it: in quotes, on one line, not longer than a line takes. Not for secrets.
[[nodiscard]] std::string show(std::string_view value);
/// What is shown of a secret.
inline constexpr std::string_view hidden = "(hidden)";

struct loaded {
  config::settings settings;         ///< only to be used when there are no mistakes
  std::vector<mistake> mistakes;     ///< in the order of the table, then of names
  std::vector<std::string> notices;  ///< worth one log line each

  [[nodiscard]] bool is_good() const { return mistakes.empty(); }
};

/// What only another part can judge, such as the names and values of WEIR_KAFKA_*: called once with what could
/// be read so far, also when there are mistakes already, so that one report holds all.
using extra_check = std::function<std::vector<mistake>(const settings&)>;

/// Reads, checks and combines. Never throws for what the environment holds; opens the files of *_FILE, connects
/// to nothing.
[[nodiscard]] loaded load(const environment& from, const extra_check& also = {});

}  // namespace weir::config
