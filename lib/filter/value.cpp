#include <filter/value.hpp>

namespace weir::filter {

std::string_view name_of(kind of) {
  switch (of) {
    case kind::error:
      return "error";
    case kind::null:
      return "null";
    case kind::boolean:
      return "bool";
    case kind::integer:
      return "int";
    case kind::unsigned_integer:
      return "uint";
    case kind::real:
      return "double";
    case kind::numeric:
      return "numeric";
    case kind::string:
      return "string";
    case kind::bytes:
      return "bytes";
    case kind::timestamp:
      return "timestamp";
    case kind::duration:
      return "duration";
    case kind::list:
      return "list";
    case kind::map:
      return "map";
    case kind::dynamic:
      return "dyn";
  }
  return "?";
}

}  // namespace weir::filter
