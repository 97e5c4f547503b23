#include <fmt/format.h>
#include <base/failure.hpp>
#include <pgoutput/reader.hpp>

namespace weir::pgoutput {

void reader::refuse(std::string_view why) const {
  throw failure{
      verdict::corrupt, "protocol",
      fmt::format("PostgreSQL sent {} at {} that Weir does not understand, at offset {} of {}: {}. The "
                  "stream stops here; nothing after this LSN is confirmed.",
                  name_, at_, here_ - begin_, end_ - begin_, why)};
}

void reader::refuse_short(const char* what, std::size_t needed) const {
  refuse(fmt::format("{} needs {} bytes and {} are left", what, needed, left()));
}

void reader::refuse_long() const { refuse(fmt::format("{} bytes follow after its end", left())); }

}  // namespace weir::pgoutput
