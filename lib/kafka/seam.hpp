#pragma once

/// Internal, for tests: what no broker does on demand.

struct rd_kafka_s;

#include <cstddef>

namespace weir::kafka {

class producer;

struct seam {
  /// The library's handle with the smallest `skip` batch sizes left out: its mock cluster can be told what to
  /// answer.
  [[nodiscard]] static rd_kafka_s* handle_of(producer& of, std::size_t skip = 0);
  [[nodiscard]] static std::size_t handles(const producer& of);
  /// Every record handed to the library is answered with `error` (an rd_kafka_resp_err_t); 0: as it really is.
  static void answer_offers_with(producer& of, int error);
};

}  // namespace weir::kafka
