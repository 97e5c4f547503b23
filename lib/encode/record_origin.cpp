#include <encode/record_origin.hpp>

namespace weir::encode {

record_origin origin_of(const event::change& what, wall_time now) {
  record_origin found{now, std::nullopt, what.at, "false", {}, {}};
  if (what.op == event::operation::read) found.snapshot = "true";
  if (what.snapshot != nullptr) {
    found.at = what.snapshot->taken;
    found.xid = what.snapshot->xid;
    found.position = what.snapshot->at;
    found.snapshot = event::to_string(what.snapshot->marker);
  } else if (what.within != nullptr) {
    found.at = what.within->commit_time;
    found.xid = what.within->xid;
    found.origin = what.within->origin;
    found.origin_lsn = what.within->origin_lsn;
  }
  return found;
}

}  // namespace weir::encode
