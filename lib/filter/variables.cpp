#include <filter/variables.hpp>

namespace weir::filter {

namespace {

type plain(kind is) { return {is, false, {}}; }

}  // namespace

environment row_environment(environment::rows has, const event::relation* table) {
  environment made;
  // In the order of row_variable.
  made.variables = {
      {"op", plain(kind::string), {}, {"c", "u", "d", "t", "m", "r"}},
      {"schema", nullable(kind::string), {}, {}},
      {"table", nullable(kind::string), {}, {}},
      {"txid", nullable(kind::integer), {}, {}},
      {"lsn", plain(kind::unsigned_integer), {}, {}},
      {"commit_time", nullable(kind::timestamp), {}, {}},
      {"message",
       {kind::map, true, {plain(kind::string), dynamic()}},
       {"prefix", "content", "transactional"},
       {}},
      {"message.prefix", plain(kind::string), {}, {}},
      {"message.content", plain(kind::string), {}, {}},
      {"message.transactional", plain(kind::boolean), {}, {}},
  };
  made.has = has;
  made.table = table;
  return made;
}

environment transaction_environment() {
  environment made;
  const type counts = map_of(plain(kind::string), plain(kind::integer));
  // In the order of transaction_variable.
  made.variables = {
      {"txid", plain(kind::integer), {}, {}},
      {"lsn", plain(kind::unsigned_integer), {}, {}},
      {"commit_time", plain(kind::timestamp), {}, {}},
      {"count", plain(kind::integer), {}, {}},
      {"tables", counts, {}, {}},
      {"operations", counts, {}, {}},
  };
  return made;
}

}  // namespace weir::filter
