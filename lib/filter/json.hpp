#pragma once

#include <filter/arena.hpp>
#include <filter/value.hpp>
#include <filter/work.hpp>

#include <memory>
#include <string_view>

namespace weir::filter {

/// Turns JSON into values: objects are maps, arrays lists, whole numbers int (or uint, where only that holds
/// them) and all other numbers double.
class json_reader {
 public:
  json_reader();
  json_reader(json_reader&&) noexcept;
  json_reader& operator=(json_reader&&) noexcept;
  ~json_reader();

  /// An error value for text that is not JSON, nests deeper than 64 levels or is too large for what is left.
  [[nodiscard]] value read(std::string_view text, arena& memory, work& budget);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;  ///< made when JSON is first read
};

}  // namespace weir::filter
