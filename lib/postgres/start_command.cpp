#include <postgres/start_command.hpp>

#include <fmt/format.h>

namespace weir::postgres {

std::string start_command(const connection& on, const std::string& slot, const std::string& publication) {
  return fmt::format(
      "START_REPLICATION SLOT {} LOGICAL 0/0 (proto_version '1', publication_names {}, messages 'true')",
      on.quote_name(slot), on.quote_text(on.quote_name(publication)));
}

}  // namespace weir::postgres
