#pragma once

#include <support/child_process.hpp>

#include <string>
#include <string_view>

namespace weir::support {

/// The Apache project's own reader of Avro (python3-avro) as a process beside the test.
class avro_reader {
 public:
  avro_reader();

  /// What `binary` holds by `schema`, as JSON without spaces that matter: bytes as base64, NaN and the
  /// infinities as texts. {"error": ...} when it does not fit, or when bytes are left.
  std::string read(std::string_view schema, std::string_view binary);

 private:
  child_process process_;
};

}  // namespace weir::support
