#pragma once

#include <event/sink.hpp>

#include <cstdint>
#include <string_view>

namespace weir::kafka {

/// What a delivery report proves.
struct report_verdict {
  event::report::result is;
  std::string_view code;      ///< empty when delivered
  std::string_view sentence;  ///< likewise
};

/// A record is delivered only if the report has no error, says that the record is persisted *and* names its
/// offset: librdkafka can report success for a batch that it never sent again after an error, and then there is
/// no offset.
[[nodiscard]] report_verdict judge(int error, bool is_persisted, std::int64_t offset);

}  // namespace weir::kafka
