#include <pipeline/router.hpp>

#include <encode/encode_error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace weir::pipeline {
namespace {

taker taker_of(std::size_t number, listener& who, const event::relation* table) {
  taker made;
  made.number = number;
  made.who = &who;
  if (!who.options.filter) return made;
  if (table == nullptr) {
    made.filter.emplace(filter::bound_filter::bind_to_messages(*who.options.filter));
    return made;
  }
  auto bound = filter::bound_filter::bind(*who.options.filter, *table);
  if (auto* fits = std::get_if<filter::bound_filter>(&bound)) {
    made.filter.emplace(std::move(*fits));
    return made;
  }
  for (const auto& each : std::get<filter::problems>(bound)) {
    made.problem += fmt::format("{}line {}, column {}: {}", made.problem.empty() ? "" : "; ", each.line,
                                each.column, each.what);
  }
  return made;
}

bool takes(const listener& who, const event::relation* table) {
  if (table == nullptr) return who.options.operations.find('m') != std::string::npos;
  return !who.options.takes || who.options.takes(table->schema, table->name);
}

bool is_same(const encode::key_choice& one, const encode::key_choice& other) {
  if (one.index() != other.index()) return false;
  const auto* columns = std::get_if<encode::column_key>(&one);
  return columns == nullptr || columns->names == std::get<encode::column_key>(other).names;
}

}  // namespace

route& router::of(const event::relation& table, steady_time now) {
  const auto known = routes_.find(table.oid);
  if (known != routes_.end() && known->second.version == table.version) {
    known->second.last_used = now;
    return known->second;
  }
  // Complete before it is known: half a route would say that nobody wants the table.
  auto made = make(&table);
  made.last_used = now;
  return routes_.insert_or_assign(table.oid, std::move(made)).first->second;
}

route& router::of_messages(steady_time now) {
  if (!messages_) messages_ = make(nullptr);
  messages_->last_used = now;
  return *messages_;
}

route router::make(const event::relation* table) {
  route made;
  made.version = table == nullptr ? 0 : table->version;
  for (std::size_t number = 0; number < topology_.listeners().size(); ++number) {
    auto& who = *topology_.listeners()[number];
    if (!takes(who, table)) continue;
    made.takers.push_back(taker_of(number, who, table));
    for (auto& to : topology_.outlets_of(number)) add_way(made, table, made.takers.size() - 1, to);
  }
  return made;
}

void router::add_way(route& into, const event::relation* table, std::size_t taker, outlet& to) {
  way_out way;
  way.to = &to;
  way.taker = taker;
  const auto& with = to.to->options();
  if (table == nullptr && with.topic->needs_table()) {
    way.by = &to.to->lane_of(with.message_topic);
  } else if (!with.topic->depends_on_row()) {
    event::change of;
    of.table = table;
    std::string topic;
    if (with.topic->render(topic, of, way.problem)) {
      if (topology_.is_reserved(topic)) {
        way.problem = topology::reserved_because(topic);
      } else {
        way.by = &to.to->lane_of(topic);
      }
    }
  }
  encoding_for(into, table, with, to.from->options.groups_by_transaction).ways.push_back(std::move(way));
}

encoding& router::encoding_for(route& in, const event::relation* table, const target_options& of,
                               bool is_grouped) {
  if (is_grouped) {
    if (!in.grouped) {
      in.grouped.emplace();
      if (table != nullptr) in.grouped->plan.emplace(*table, encode::no_key{});
    }
    return *in.grouped;
  }
  for (auto& each : in.encodings) {
    if (is_same(each.ways.front().to->to->options().key, of.key)) return each;
  }
  auto& made = in.encodings.emplace_back();
  if (table == nullptr) return made;
  try {
    made.plan.emplace(*table, of.key);
  } catch (const encode::encode_error& why) {
    made.problem = why.what();
  }
  return made;
}

void router::retire_idle(steady_time now, steady_clock::duration idle) {
  std::erase_if(routes_, [&](const auto& each) { return now - each.second.last_used >= idle; });
  if (messages_ && now - messages_->last_used >= idle) messages_.reset();
}

std::unordered_set<const lane*> router::lanes() const {
  std::unordered_set<const lane*> all;
  const auto add = [&](const encoding& each) {
    for (const auto& way : each.ways) all.insert(way.by);
  };
  const auto add_all = [&](const route& of) {
    for (const auto& each : of.encodings) add(each);
    if (of.grouped) add(*of.grouped);
  };
  for (const auto& [oid, each] : routes_) add_all(each);
  if (messages_) add_all(*messages_);
  return all;
}

void router::clear() {
  routes_.clear();
  messages_.reset();
}

}  // namespace weir::pipeline
