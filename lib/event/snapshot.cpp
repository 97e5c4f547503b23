#include <event/snapshot.hpp>

namespace weir::event {

std::string_view to_string(snapshot_marker is) {
  switch (is) {
    case snapshot_marker::first:
      return "first";
    case snapshot_marker::first_in_data_collection:
      return "first_in_data_collection";
    case snapshot_marker::in_between:
      return "true";
    case snapshot_marker::last_in_data_collection:
      return "last_in_data_collection";
    case snapshot_marker::last:
      return "last";
  }
  return "true";
}

}  // namespace weir::event
