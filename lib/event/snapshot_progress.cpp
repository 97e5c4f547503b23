#include <event/snapshot_progress.hpp>

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <limits>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace weir::event {
namespace {

namespace json = boost::json;
namespace dom = simdjson::dom;

constexpr std::array stages{snapshot_stage::planned, snapshot_stage::reading, snapshot_stage::done};

json::array names_of(const std::vector<std::string>& all) {
  json::array made;
  for (const auto& each : all) made.emplace_back(each);
  return made;
}

json::object object_of(const table_progress& of) {
  json::array ranges;
  for (const auto& each : of.done) ranges.push_back(json::array{each.begin, each.end});
  return {{"oid", of.oid},      {"schema", of.schema}, {"name", of.name}, {"filenode", of.filenode},
          {"done", of.is_done}, {"ranges", ranges},    {"rows", of.rows}};
}

/// Reads fields one after the other, and remembers whether all of them were there.
class fields {
 public:
  explicit fields(dom::element from) : from_(from) {}

  template <class Value>
  Value get(const char* name) {
    Value found{};
    must(from_[name].get(found) == simdjson::SUCCESS);
    return found;
  }
  std::uint32_t number(const char* name) {
    const auto found = get<std::uint64_t>(name);
    must(found <= std::numeric_limits<std::uint32_t>::max());
    return static_cast<std::uint32_t>(found);
  }
  std::string text(const char* name) { return std::string{get<std::string_view>(name)}; }
  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> all;
    dom::array from;
    must(from_[name].get(from) == simdjson::SUCCESS);
    if (!is_good_) return all;
    for (const auto each : from) {
      std::string_view one;
      must(each.get(one) == simdjson::SUCCESS);
      all.emplace_back(one);
    }
    return all;
  }
  void must(bool holds) { is_good_ = is_good_ && holds; }
  [[nodiscard]] bool is_good() const { return is_good_; }

 private:
  dom::element from_;
  bool is_good_ = true;
};

std::optional<block_range> range_from(dom::element from) {
  dom::array both;
  block_range range;
  if (from.get(both) != simdjson::SUCCESS || both.size() != 2 ||
      both.at(0).get(range.begin) != simdjson::SUCCESS || both.at(1).get(range.end) != simdjson::SUCCESS ||
      range.is_empty()) {
    return std::nullopt;
  }
  return range;
}

std::optional<table_progress> table_from(dom::element from) {
  fields read{from};
  table_progress table;
  table.oid = read.number("oid");
  table.schema = read.text("schema");
  table.name = read.text("name");
  table.filenode = read.number("filenode");
  table.is_done = read.get<bool>("done");
  table.rows = read.get<std::uint64_t>("rows");
  dom::array ranges;
  if (!read.is_good() || from["ranges"].get(ranges) != simdjson::SUCCESS) return std::nullopt;
  for (const auto each : ranges) {
    const auto range = range_from(each);
    if (!range) return std::nullopt;
    add_range(table.done, *range);
  }
  return table;
}

std::optional<snapshot_stage> stage_from(std::string_view name) {
  const auto* found =
      std::find_if(stages.begin(), stages.end(), [&](snapshot_stage each) { return to_string(each) == name; });
  return found == stages.end() ? std::nullopt : std::optional{*found};
}

bool read_tables(dom::element from, std::vector<table_progress>& into) {
  dom::array tables;
  if (from["tables"].get(tables) != simdjson::SUCCESS) return false;
  for (const auto each : tables) {
    auto table = table_from(each);
    if (!table) return false;
    into.push_back(std::move(*table));
  }
  return true;
}

}  // namespace

std::string_view to_string(snapshot_stage is) {
  switch (is) {
    case snapshot_stage::planned:
      return "planned";
    case snapshot_stage::reading:
      return "reading";
    case snapshot_stage::done:
      return "done";
  }
  return "planned";
}

void add_range(std::vector<block_range>& to, block_range what) {
  if (what.is_empty()) return;
  const auto first =
      std::find_if(to.begin(), to.end(), [&](const block_range& each) { return each.end >= what.begin; });
  const auto last =
      std::find_if(first, to.end(), [&](const block_range& each) { return each.begin > what.end; });
  if (first != last) {
    what.begin = std::min(what.begin, first->begin);
    what.end = std::max(what.end, std::prev(last)->end);
  }
  to.insert(to.erase(first, last), what);
}

std::vector<block_range> missing_of(block_range whole, const std::vector<block_range>& done) {
  std::vector<block_range> gaps;
  for (const auto& each : done) {
    const block_range gap{whole.begin, std::min(each.begin, whole.end)};
    if (!gap.is_empty()) gaps.push_back(gap);
    whole.begin = std::max(whole.begin, each.end);
  }
  if (!whole.is_empty()) gaps.push_back(whole);
  return gaps;
}

std::string to_json(const snapshot_progress& what) {
  json::array tables;
  for (const auto& each : what.tables) tables.push_back(object_of(each));
  json::object document{{"stage", to_string(what.stage)},
                        {"system_identifier", what.system_identifier},
                        {"timeline", what.timeline},
                        {"run", what.run},
                        {"serial", what.serial},
                        {"lsn", to_string(what.at)},
                        {"wanted", names_of(what.wanted)},
                        {"queued", names_of(what.queued)},
                        {"tables", tables}};
  if (what.oldest_xmin) document["oldest_xmin"] = *what.oldest_xmin;
  return json::serialize(document);
}

std::optional<snapshot_progress> snapshot_progress_from_json(std::string_view document) {
  dom::parser parser;
  dom::element root;
  if (parser.parse(document.data(), document.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  fields read{root};
  snapshot_progress progress;
  const auto stage = stage_from(read.get<std::string_view>("stage"));
  const auto at = lsn::parse(read.get<std::string_view>("lsn"));
  progress.system_identifier = read.text("system_identifier");
  progress.timeline = read.number("timeline");
  progress.run = read.get<std::uint64_t>("run");
  progress.serial = read.get<std::uint64_t>("serial");
  progress.wanted = read.texts("wanted");
  progress.queued = read.texts("queued");
  if (!read.is_good() || !stage || !at || !read_tables(root, progress.tables)) return std::nullopt;
  progress.stage = *stage;
  progress.at = *at;
  if (std::uint64_t xmin = 0; root["oldest_xmin"].get(xmin) == simdjson::SUCCESS) progress.oldest_xmin = xmin;
  return progress;
}

}  // namespace weir::event
