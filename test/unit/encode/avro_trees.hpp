#pragma once

#include <encode/connect_schema.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Schemas of Connect in as few words as a test wants to read.
namespace weir::encode::trees {

using kind = connect_schema::kind;

inline connect_schema of(kind is, std::string name = {}, std::int32_t version = 0) {
  connect_schema made;
  made.is = is;
  made.name = std::move(name);
  made.version = version;
  return made;
}

inline connect_schema optional(connect_schema made) {
  made.is_optional = true;
  return made;
}
inline connect_schema optional(kind is) { return optional(of(is)); }

inline connect_schema with_default(connect_schema made, std::string json) {
  made.default_json = std::move(json);
  return made;
}

inline connect_schema with_parameters(connect_schema made,
                                      std::vector<std::pair<std::string, std::string>> parameters) {
  made.parameters = std::move(parameters);
  return made;
}

inline connect_schema array_of(connect_schema items) {
  auto made = of(kind::array);
  made.items = std::make_shared<const connect_schema>(std::move(items));
  return made;
}

inline connect_schema map_of(connect_schema values) {
  auto made = of(kind::map);
  made.keys = std::make_shared<const connect_schema>(of(kind::string));
  made.items = std::make_shared<const connect_schema>(std::move(values));
  return made;
}

inline connect_schema structure(std::string name, std::vector<connect_schema::field> fields,
                                std::int32_t version = 0) {
  auto made = of(kind::structure, std::move(name), version);
  made.fields = std::move(fields);
  return made;
}

inline connect_schema decimal(std::vector<std::pair<std::string, std::string>> parameters) {
  return with_parameters(of(kind::bytes, "org.apache.kafka.connect.data.Decimal", 1), std::move(parameters));
}

inline connect_schema point() {
  return structure("io.debezium.data.geometry.Point",
                   {{"x", of(kind::float64)},
                    {"y", of(kind::float64)},
                    {"wkb", optional(kind::bytes)},
                    {"srid", optional(kind::int32)}},
                   1);
}

/// A column of nearly every kind.
inline connect_schema row() {
  const auto connect_type = [](kind is, const char* name) {
    return optional(of(is, std::string{"org.apache.kafka.connect.data."} + name, 1));
  };
  return optional(structure(
      "weir.public.all.Value",
      {{"id", of(kind::int32)},
       {"tiny", of(kind::int16)},
       {"byte", optional(kind::int8)},
       {"big", optional(kind::int64)},
       {"price", optional(decimal({{"scale", "2"}, {"connect.decimal.precision", "10"}}))},
       {"free", decimal({{"scale", "0"}})},
       {"ratio", optional(kind::float32)},
       {"amount", with_default(of(kind::float64), "1.5")},
       {"title", with_default(optional(kind::string), R"("a\"b")")},
       {"blob", with_default(optional(kind::bytes), R"("AP9B")")},
       {"ok", optional(kind::boolean)},
       {"day", optional(of(kind::int32, "io.debezium.time.Date", 1))},
       {"connect_day", connect_type(kind::int32, "Date")},
       {"connect_time", connect_type(kind::int32, "Time")},
       {"connect_stamp", connect_type(kind::int64, "Timestamp")},
       {"mood",
        optional(with_parameters(of(kind::string, "io.debezium.data.Enum", 1), {{"allowed", "sad,ok"}}))},
       {"tags", optional(array_of(optional(kind::string)))},
       {"attributes", optional(map_of(optional(kind::string)))},
       {"place", optional(point())},
       {"other_place", point()}}));
}

inline connect_schema envelope() {
  auto snapshot =
      with_parameters(of(kind::string, "io.debezium.data.Enum", 1), {{"allowed", "true,first,last,false"}});
  return structure("weir.public.all.Envelope",
                   {{"before", row()},
                    {"after", row()},
                    {"source", structure("io.debezium.connector.postgresql.Source",
                                         {{"version", of(kind::string)},
                                          {"snapshot", with_default(optional(snapshot), R"("false")")},
                                          {"lsn", optional(kind::int64)}},
                                         1)},
                    {"transaction", optional(structure("event.block", {{"id", of(kind::string)}}, 1))},
                    {"op", of(kind::string)},
                    {"ts_ms", optional(kind::int64)}},
                   2);
}

}  // namespace weir::encode::trees
