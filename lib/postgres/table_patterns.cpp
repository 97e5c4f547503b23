#include <postgres/table_patterns.hpp>

#include <base/failure.hpp>
#include <base/name_pattern.hpp>

namespace weir::postgres {
table_patterns::table_patterns(const std::vector<std::string>& patterns) {
  for (const auto& text : patterns) {
    const auto dot = text.find('.');
    const bool is_whole = dot != std::string::npos && dot > 0 && dot + 1 < text.size();
    if (!is_whole || text.find('.', dot + 1) != std::string::npos) {
      throw failure{verdict::permanent, "configuration",
                    "WEIR_TABLES: \"" + text + "\" is not of the form schema.table (with * inside the names)"};
    }
    patterns_.push_back({text.substr(0, dot), text.substr(dot + 1)});
  }
}

bool table_patterns::pattern::takes(std::string_view in_schema, std::string_view named) const {
  return matches_pattern(schema, in_schema) && matches_pattern(name, named);
}

bool table_patterns::takes(std::string_view schema, std::string_view name) const {
  return takes_everything() || std::any_of(patterns_.begin(), patterns_.end(),
                                           [&](const pattern& each) { return each.takes(schema, name); });
}

std::size_t table_patterns::place_of(std::string_view schema, std::string_view name) const {
  const auto found = std::find_if(patterns_.begin(), patterns_.end(),
                                  [&](const pattern& each) { return each.takes(schema, name); });
  return static_cast<std::size_t>(found - patterns_.begin());
}

std::vector<std::string> table_patterns::whole_schemas() const {
  std::vector<std::string> all;
  for (const auto& each : patterns_) {
    const bool is_whole = each.name == "*" && each.schema.find('*') == std::string::npos;
    if (is_whole && std::find(all.begin(), all.end(), each.schema) == all.end()) all.push_back(each.schema);
  }
  return all;
}

}  // namespace weir::postgres
