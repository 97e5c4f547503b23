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

/// Why the target's templates cannot be filled in: one names a column that the listener hides. Empty: none
/// does.
std::string hidden_column_of(const target_options& with, const event::relation& table,
                             const encode::column_choice* columns) {
  if (columns == nullptr) return {};
  std::string found;
  const auto look = [&](const text_template& text) {
    for (const auto& names : {text.new_columns(), text.old_columns()}) {
      for (const auto& each : names) {
        if (found.empty() && columns->hides(table, each)) {
          found = fmt::format("a template of target {} names the column {} of {}.{}, which the listener {}",
                              with.name, each, table.schema, table.name,
                              columns->shows(table, each) ? "masks" : "leaves out");
        }
      }
    }
  };
  look(*with.topic);
  if (with.key_text) look(*with.key_text);
  for (const auto& [name, text] : with.headers) look(text);
  return found;
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
  if (table != nullptr) way.problem = hidden_column_of(with, *table, to.from->options.columns.get());
  if (!way.problem.empty()) {
    // A text that would show what is not to be seen is never made.
  } else if (table == nullptr && with.topic->needs_table()) {
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
  auto& as = encoding_for(into, table, to);
  if (as.format == encode::record_format::avro) bind_avro(as, table, way);
  as.ways.push_back(std::move(way));
}

/// The ids of schemas belong to a topic, so an encoding in Avro has one way.
void router::bind_avro(encoding& of, const event::relation* table, const way_out& way) const {
  if (!of.problem.empty() || !way.problem.empty()) return;
  of.problem_code = "SCHEMA";
  if (way.by == nullptr) {
    of.problem = "its topic depends on the row, and schemas are registered before rows are seen";
    return;
  }
  try {
    auto schema = table == nullptr
                      ? encode::record_schema{encode::message_key_schema(), encode::message_value_schema()}
                      : *of.plan->schema();
    of.avro.emplace(table, std::move(schema), way.by->topic());
    of.problem = of.avro->look_up(schemas_);
  } catch (const encode::encode_error& why) {
    of.problem = why.what();
  }
}

std::vector<wanted_schema> router::missing_schemas(const event::relation* table) {
  std::vector<wanted_schema> missing;
  for (const auto& each : make(table).encodings) {
    if (!each.avro) continue;
    for (const auto& wanted : each.avro->wanted()) {
      if (schemas_.find(wanted) == nullptr) missing.push_back(wanted);
    }
  }
  return missing;
}

encoding& router::encoding_for(route& in, const event::relation* table, const outlet& to) const {
  const auto& with = to.to->options();
  const bool is_grouped = to.from->options.groups_by_transaction;
  const encode::key_choice key = is_grouped ? encode::key_choice{encode::no_key{}} : with.key;
  auto& among = is_grouped ? in.grouped : in.encodings;
  for (auto& each : among) {
    if (each.format == encode::record_format::avro) continue;
    const auto& known = *each.ways.front().to;
    const bool is_same_key = is_grouped || is_same(known.to->options().key, key);
    if (is_same_key && each.format == with.format && known.from->options.columns == to.from->options.columns) {
      return each;
    }
  }
  auto& made = among.emplace_back();
  made.format = with.format;
  if (table == nullptr) return made;
  try {
    made.plan.emplace(*table, key,
                      encode::plan_options{prefix_, with.format, values_, to.from->options.columns});
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
    for (const auto& each : of.grouped) add(each);
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
