#pragma once

#include <filter/arena.hpp>
#include <filter/json.hpp>
#include <filter/value.hpp>
#include <filter/work.hpp>

#include <cstdint>
#include <vector>

namespace weir::filter {

/// What evaluations work with and throw away; kept between them so that steady use does not allocate.
struct scratch {
  static constexpr std::size_t most_memory = 16UL * 1024 * 1024;

  struct cached_column {
    std::uint64_t evaluation = 0;  ///< the one that read it
    value read;
  };

  arena memory{most_memory};
  work budget;
  json_reader json;
  std::vector<value> locals;
  std::vector<cached_column> columns;
  std::uint64_t evaluation = 0;

  void begin(std::size_t count_of_locals, std::size_t count_of_columns) {
    memory.reset();
    budget = work{};
    locals.resize(count_of_locals);
    columns.resize(count_of_columns);
    ++evaluation;
  }
};

}  // namespace weir::filter
