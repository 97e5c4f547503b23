#include <postgres/gone_tables.hpp>

#include <algorithm>
#include <utility>

namespace weir::postgres {

void gone_tables::on_announced(std::uint32_t oid) {
  ++announced_;
  std::erase(gone_, oid);  // the number is used again
}

bool gone_tables::wants_look(std::size_t known) const {
  return gone_.empty() && announced_ >= std::max(look_after, known / 2);
}

void gone_tables::looked(std::vector<std::uint32_t> gone, lsn log_end) {
  announced_ = 0;
  gone_ = std::move(gone);
  until_ = log_end;
}

std::vector<std::uint32_t> gone_tables::passed(lsn at) {
  if (gone_.empty() || at < until_) return {};
  return std::exchange(gone_, {});
}

}  // namespace weir::postgres
