#pragma once

/// Internal: includes librdkafka's header. Views into its messages.

#include <kafka/handles.hpp>

#include <event/record.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace weir::kafka {

/// The library tells null from empty by the pointer.
[[nodiscard]] inline std::optional<std::string_view> text_at(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string_view{static_cast<const char*>(data), size};
}

[[nodiscard]] inline std::vector<event::header> headers_of(const rd_kafka_message_t& message) {
  std::vector<event::header> all;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return all;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    all.push_back({name, text_at(value, size).value_or(std::string_view{})});
  }
  return all;
}

}  // namespace weir::kafka
