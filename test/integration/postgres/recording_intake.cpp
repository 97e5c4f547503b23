#include "recording_intake.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

namespace weir::postgres {
namespace {

std::string text_of(event::row row) {
  std::vector<std::string> cells;
  for (const auto& each : row) {
    switch (each.is) {
      case event::value::state::null:
        cells.emplace_back("-");
        break;
      case event::value::state::unchanged:
        cells.emplace_back("=");
        break;
      case event::value::state::text:
        cells.emplace_back(each.text);
        break;
    }
  }
  return fmt::format("({})", fmt::join(cells, ", "));
}

std::string key_of(const event::relation& table) {
  std::vector<std::string> names;
  for (const auto column : table.key) names.push_back(table.columns[column].name);
  return fmt::format("{}", fmt::join(names, ","));
}

}  // namespace

void recording_intake::begin(const event::transaction&) {
  if (is_open) throw std::logic_error{"a transaction began inside another"};
  is_open = true;
}

void recording_intake::admit(const event::change& what) {
  if (what.within != nullptr && !is_open) throw std::logic_error{"a row came outside of a transaction"};
  const auto op = static_cast<char>(what.op);
  if (what.table == nullptr) {
    rows.push_back(fmt::format("{} {} {}", op, what.message_prefix, what.message_content));
    keys.emplace_back();
    relation_versions.push_back(0);
  } else {
    rows.push_back(fmt::format("{} {}.{} {} {}", op, what.table->schema, what.table->name, text_of(what.before),
                               text_of(what.after)));
    keys.push_back(key_of(*what.table));
    relation_versions.push_back(what.table->version);
  }
  if (stalls != nullptr) stalls->take(stalls->limit());
  changed_.notify_all();
}

void recording_intake::commit(lsn at) {
  is_open = false;
  commits.push_back(at);
  end = at;
  changed_.notify_all();
}

void recording_intake::advance(lsn at) {
  if (is_open) throw std::logic_error{"the stream passed a point inside an open transaction"};
  advances.push_back(at);
  end = at;
  changed_.notify_all();
}

async::awaitable<> recording_intake::until(std::function<bool()> holds) {
  while (!holds()) co_await changed_.wait();
}

}  // namespace weir::postgres
