#include <encode/heartbeat.hpp>
#include <encode/json_text.hpp>
#include <encode/source_block.hpp>

namespace weir::encode {

heartbeat_record heartbeat(std::string_view name, wall_time at) {
  text_buffer value;
  value.append("{\"ts_ms\":");
  append_milliseconds(value, at);
  value.append("}");
  return {"{\"serverName\":" + json_string(name) + "}", std::string(value.view(0, value.size()))};
}

}  // namespace weir::encode
