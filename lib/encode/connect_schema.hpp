#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::encode {

/// A schema of Kafka Connect (org.apache.kafka.connect.data.Schema): what consumers that need types are told.
struct connect_schema {
  enum class kind : std::uint8_t {
    int8,
    int16,
    int32,
    int64,
    float32,
    float64,
    boolean,
    string,
    bytes,
    array,
    map,
    structure,
  };
  struct field;

  kind is = kind::string;
  bool is_optional = false;
  std::string name = {};                                             ///< semantic type; empty: none
  std::int32_t version = 0;                                          ///< 0: none
  std::vector<std::pair<std::string, std::string>> parameters = {};  ///< in this order
  std::optional<std::string> default_json = std::nullopt;            ///< as the JSON converter shows it
  std::shared_ptr<const connect_schema> items = {};                  ///< of an array; of a map's values
  std::shared_ptr<const connect_schema> keys = {};                   ///< of a map
  std::vector<field> fields;                                         ///< of a structure
};

struct connect_schema::field {
  std::string name;
  connect_schema schema;
};

}  // namespace weir::encode
