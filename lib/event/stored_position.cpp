#include <event/stored_position.hpp>

#include <simdjson.h>

#include <limits>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace weir::event {

std::string to_json(const stored_position& what) {
  const boost::json::object document{{"system_identifier", what.system_identifier},
                                     {"timeline", what.timeline},
                                     {"lsn", to_string(what.at)},
                                     {"run", what.run}};
  return boost::json::serialize(document);
}

std::optional<stored_position> stored_position_from_json(std::string_view document) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view system;
  std::string_view at;
  std::uint64_t timeline = 0;
  std::uint64_t run = 0;
  if (parser.parse(document.data(), document.size()).get(root) != simdjson::SUCCESS ||
      root["system_identifier"].get(system) != simdjson::SUCCESS || root["lsn"].get(at) != simdjson::SUCCESS ||
      root["timeline"].get(timeline) != simdjson::SUCCESS || root["run"].get(run) != simdjson::SUCCESS ||
      timeline > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  const auto parsed = lsn::parse(at);
  if (!parsed) return std::nullopt;
  return stored_position{std::string{system}, static_cast<std::uint32_t>(timeline), *parsed, run};
}

std::string snapshot_key(std::string_view key) { return std::string{key} + "/snapshot"; }

}  // namespace weir::event
