#pragma once

#include <encode/connect_schema.hpp>

#include <string>
#include <utility>

namespace weir::encode {

/// A schema of this type, with a semantic name in version 1 where one is given.
[[nodiscard]] inline connect_schema schema_of(connect_schema::kind is, std::string name = {}) {
  connect_schema made;
  made.is = is;
  made.version = name.empty() ? 0 : 1;
  made.name = std::move(name);
  return made;
}

/// The same where null can be.
[[nodiscard]] inline connect_schema optional_schema_of(connect_schema::kind is) {
  connect_schema made = schema_of(is);
  made.is_optional = true;
  return made;
}

}  // namespace weir::encode
