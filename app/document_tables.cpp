#include "document_tables.hpp"

#include "document_check.hpp"

#include <base/failure.hpp>
#include <config/document_reader.hpp>
#include <config/names.hpp>
#include <config/settings_table.hpp>
#include <filter/bound_filter.hpp>
#include <pipeline/text_template.hpp>
#include <postgres/table_patterns.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <variant>

namespace weir::app {
namespace {

using config::listener;
using config::target;
using config::text_at;
using event::relation;
using pipeline::escaping;
using pipeline::text_template;
using table_list = std::vector<const relation*>;

/// More names in one line help nobody.
constexpr std::size_t most_tables_shown = 20;
constexpr std::size_t most_columns_shown = 20;
constexpr std::size_t most_tables_named = 3;

std::string full_name(const relation& table) { return table.schema + "." + table.name; }

const event::column* column_of(const relation& table, std::string_view name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [name](const auto& each) { return each.name == name; });
  return found == table.columns.end() ? nullptr : &*found;
}

/// A change of the table whose every value is the name of its column, with all of its old row.
class example {
 public:
  example(const relation& table, event::operation op) {
    for (const auto& each : table.columns) values_.push_back({event::value::state::text, each.name});
    change_.op = op;
    change_.within = &transaction_;
    change_.table = &table;
    change_.before_is = event::old_row::full;
    change_.before = values_;
    const bool has_new_row = op != event::operation::remove && op != event::operation::truncate;
    if (has_new_row) change_.after = values_;
  }
  [[nodiscard]] const event::change& change() const { return change_; }

 private:
  event::transaction transaction_;
  std::vector<event::value> values_;
  event::change change_;
};

/// The operation that best shows where a listener's changes go: one that has a row.
std::optional<event::operation> operation_to_show(const listener& of) {
  for (const auto op : {event::operation::update, event::operation::create, event::operation::remove,
                        event::operation::truncate}) {
    if (of.operations.find(static_cast<char>(op)) != std::string::npos) return op;
  }
  return std::nullopt;
}

std::string_view with_article(event::operation op) {
  switch (op) {
    case event::operation::create:
      return "an insert into";
    case event::operation::update:
      return "an update of";
    case event::operation::remove:
      return "a delete from";
    case event::operation::truncate:
      return "a truncate of";
    case event::operation::message:
    case event::operation::read:
      return "a change of";
  }
  return {};
}

class layout {
 public:
  layout(const config::settings& with, const std::vector<relation>& tables, const std::string& where)
      : with_(with), tables_(tables), where_(where) {}

  document_on_tables run() {
    for (const auto& each : with_.document.listeners) lay_out(each);
    for (const auto& [found, of] : by_problem_) blame(found, of);
    return std::move(made_);
  }

 private:
  /// One mistake in one text, whatever the number of tables that it concerns.
  struct problem {
    text_at text;
    std::string wrong;  ///< goes before the tables
    std::string remedy;
    bool operator<(const problem& other) const {
      return std::tie(text.at.line, text.at.column, text.text, wrong, remedy) <
             std::tie(other.text.at.line, other.text.at.column, other.text.text, other.wrong, other.remedy);
    }
  };

  void note(const relation& table, const text_at& text, std::string wrong, std::string remedy) {
    by_problem_[{text, std::move(wrong), std::move(remedy)}].insert(full_name(table));
  }

  void blame(const problem& found, const std::set<std::string>& of) {
    std::vector<std::string> named{
        of.begin(), std::next(of.begin(), static_cast<std::ptrdiff_t>(std::min(of.size(), most_tables_named)))};
    auto names = fmt::format("{}", fmt::join(named, ", "));
    if (of.size() > named.size()) names += fmt::format(" and {} more", of.size() - named.size());
    blame(found.text, fmt::format("{} {}", found.wrong, names), found.remedy);
  }

  /// What is not of the document comes from the environment.
  void blame(const text_at& text, std::string wrong, std::string remedy) {
    auto shown = config::show(text.text);
    if (text.at.line > 0) {
      made_.mistakes.push_back(
          config::mistake_at(text.at, std::move(shown), std::move(wrong), std::move(remedy)));
    } else {
      const auto* name = text.text.find('{') == std::string::npos ? "WEIR_TABLES" : "WEIR_TOPIC";
      made_.mistakes.push_back({name, std::move(shown), std::move(wrong), std::move(remedy)});
    }
  }

  void show(const std::string& object, std::string sentence, postgres::severity is = postgres::severity::ok) {
    made_.findings.push_back({is, object, std::move(sentence)});
  }

  void lay_out(const listener& each) {
    const auto taken = tables_of(each);
    show_tables(each, taken);
    const auto condition = each.filter ? compiled(*each.filter) : std::nullopt;
    for (const auto* table : taken) {
      if (condition) check_filter(*each.filter, *condition, *table);
    }
    for (const auto index : each.targets) {
      const auto& to = with_.document.targets[index];
      for (const auto* table : taken) check_target(to, *table);
      if (each.operations.find(static_cast<char>(event::operation::remove)) != std::string::npos) {
        warn_of_deletes(each, to, taken);
      }
      show_example(each, to, taken);
    }
  }

  table_list tables_of(const listener& each) {
    std::vector<std::string> texts;
    for (const auto& pattern : each.tables) {
      texts.push_back(pattern.text);
      check_pattern(pattern);
    }
    const postgres::table_patterns wanted{texts};
    table_list taken;
    for (const auto& table : tables_) {
      if (wanted.takes(table.schema, table.name)) taken.push_back(&table);
    }
    return taken;
  }

  void check_pattern(const text_at& pattern) {
    if (pattern.text.find('*') != std::string::npos) return;
    std::vector<std::string> names;
    for (const auto& table : tables_) names.push_back(full_name(table));
    if (std::find(names.begin(), names.end(), pattern.text) != names.end()) return;
    const std::vector<std::string_view> known{names.begin(), names.end()};
    const auto meant = config::nearest(pattern.text, known);
    blame(pattern, fmt::format("is no table of {}", where_),
          meant.empty() ? "publish the table, or take its name away" : fmt::format("did you mean {}?", meant));
  }

  void show_tables(const listener& each, const table_list& taken) {
    const auto object = "listener " + each.name;
    if (taken.empty()) return show(object, "takes no table yet", postgres::severity::warning);
    for (std::size_t i = 0; i < std::min(taken.size(), most_tables_shown); ++i) {
      show(object, fmt::format("takes {} ({})", full_name(*taken[i]), columns_of(*taken[i])));
    }
    if (taken.size() > most_tables_shown) {
      show(object, fmt::format("takes {} tables more", taken.size() - most_tables_shown));
    }
  }

  static std::string columns_of(const relation& table) {
    std::vector<std::string_view> names;
    for (const auto& each : table.columns) {
      if (names.size() == most_columns_shown) {
        names.emplace_back("...");
        break;
      }
      names.emplace_back(each.name);
    }
    return fmt::format("{}", fmt::join(names, ", "));
  }

  static std::optional<filter::program> compiled(const text_at& text) {
    auto made = filter::program::compile(text.text);
    if (auto* good = std::get_if<filter::program>(&made)) return std::move(*good);
    return std::nullopt;
  }

  void check_filter(const text_at& text, const filter::program& condition, const relation& table) {
    const auto bound = filter::bound_filter::bind(condition, table);
    const auto* wrong = std::get_if<filter::problems>(&bound);
    if (wrong == nullptr) return;
    for (const auto& [line, column, what] : *wrong) {
      note(table, text, fmt::format("is wrong at {} for", place_in_text(line, column)), what);
    }
  }

  void check_target(const target& to, const relation& table) {
    check_template(to.topic, escaping::topic, table);
    if (const auto* key = std::get_if<config::template_key>(&to.key)) {
      check_template(key->text, escaping::none, table);
    }
    if (const auto* key = std::get_if<config::column_key>(&to.key)) {
      for (const auto& column : key->columns) check_column(column, table);
    }
    for (const auto& [name, text] : to.headers) check_template(text, escaping::none, table);
    if (to.partition_by) check_column(*to.partition_by, table);
  }

  void check_column(const text_at& column, const relation& table) {
    if (column_of(table, column.text) != nullptr) return;
    std::vector<std::string_view> names;
    for (const auto& each : table.columns) names.emplace_back(each.name);
    note(table, column, "is no column of", config::suggestion(column.text, names, "the columns are"));
  }

  [[nodiscard]] std::optional<text_template> parsed(const text_at& text, escaping how) const {
    auto made = text_template::parse(text.text, how);
    if (auto* good = std::get_if<text_template>(&made)) return good->with_prefix(with_.topic_prefix);
    return std::nullopt;
  }

  void check_template(const text_at& text, escaping how, const relation& table) {
    const auto made = parsed(text, how);
    if (!made) return;
    for (const auto& columns : {made->new_columns(), made->old_columns()}) {
      for (const auto& column : columns) {
        if (column_of(table, column) != nullptr) continue;
        std::vector<std::string_view> names;
        for (const auto& each : table.columns) names.emplace_back(each.name);
        note(table, text, fmt::format("names the column {}, which is none of", column),
             config::suggestion(column, names, "the columns are"));
        return;
      }
    }
    if (auto why = made->problem_with(table); !why.empty()) {
      return note(table, text, "cannot be filled in for", std::move(why));
    }
    if (how == escaping::topic && !made->depends_on_row()) check_topic(text, *made, table);
  }

  void check_topic(const text_at& text, const text_template& topic, const relation& table) {
    std::string name;
    std::string why;
    const example of{table, event::operation::update};
    if (!topic.render(name, of.change(), why)) return note(table, text, "makes no topic for", std::move(why));
    if (is_own_topic(with_, name)) {
      note(table, text, fmt::format("makes {}, one of Weir's own topics, for", name),
           "choose another template");
    }
  }

  /// Columns that decide where a row goes, each by its name.
  [[nodiscard]] std::set<std::string> deciding_columns(const target& to) const {
    std::set<std::string> columns;
    const auto add_template = [&](const text_at& text, escaping how) {
      if (const auto made = parsed(text, how)) {
        for (auto& each : made->new_columns()) columns.insert(std::move(each));
      }
    };
    add_template(to.topic, escaping::topic);
    if (const auto* key = std::get_if<config::template_key>(&to.key)) add_template(key->text, escaping::none);
    if (const auto* key = std::get_if<config::column_key>(&to.key)) {
      for (const auto& each : key->columns) columns.insert(each.text);
    }
    if (to.partition_by) columns.insert(to.partition_by->text);
    return columns;
  }

  /// A delete brings no more of its row than the replica identity.
  void warn_of_deletes(const listener& each, const target& to, const table_list& taken) {
    for (const auto& name : deciding_columns(to)) {
      const auto lacks_it = [&name](const relation* table) {
        const auto* column = column_of(*table, name);
        return column != nullptr && !column->is_identity;
      };
      const auto first = std::find_if(taken.begin(), taken.end(), lacks_it);
      if (first == taken.end()) continue;
      show(fmt::format("listener {} to {}", each.name, to.name),
           fmt::format("deletes from {0} come without {1}: alter table {0} replica identity full sends it",
                       full_name(**first), name),
           postgres::severity::warning);
    }
  }

  void show_example(const listener& each, const target& to, const table_list& taken) {
    const auto object = fmt::format("listener {} to {}", each.name, to.name);
    const auto topic = parsed(to.topic, escaping::topic);
    if (!topic) return;
    std::string name;
    std::string why;
    if (each.groups_by_transaction) {
      if (topic->render(name, {}, why)) {
        show(object,
             fmt::format("a transaction goes to topic {} as one record, split above {}, with key {}", name,
                         config::with_unit(config::setting_type::size, to.group_limit), each.name));
      }
      return;
    }
    const auto op = operation_to_show(each);
    if (!op || taken.empty()) return;
    const example of{*taken.front(), *op};
    if (!topic->render(name, of.change(), why)) return show(object, why, postgres::severity::warning);
    show(object, fmt::format("{} {} goes to topic {}, {}", with_article(*op), full_name(*taken.front()), name,
                             key_of(to, of.change())));
  }

  [[nodiscard]] std::string key_of(const target& to, const event::change& of) const {
    if (std::holds_alternative<config::no_key>(to.key)) return "without key";
    std::vector<std::string_view> columns;
    if (const auto* key = std::get_if<config::template_key>(&to.key)) {
      std::string text;
      std::string why;
      const auto made = parsed(key->text, escaping::none);
      return made && made->render(text, of, why) ? "with key " + text : "without key: " + why;
    }
    if (const auto* key = std::get_if<config::column_key>(&to.key)) {
      for (const auto& each : key->columns) columns.emplace_back(each.text);
    } else {
      for (const auto index : of.table->key) columns.emplace_back(of.table->columns[index].name);
    }
    return columns.empty() ? std::string{"without key: the table has none"}
                           : fmt::format("with key ({})", fmt::join(columns, ", "));
  }

  const config::settings& with_;
  const std::vector<relation>& tables_;
  const std::string& where_;
  document_on_tables made_;
  std::map<problem, std::set<std::string>> by_problem_;
};

/// One sentence of them all, for one line of the log.
std::string in_one_line(const std::vector<config::mistake>& all) {
  auto text =
      fmt::format("WEIR_CONFIG does not fit the tables, {} mistake{}:", all.size(), all.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < all.size(); ++i)
    text += fmt::format(" ({}) {}", i + 1, config::to_string(all[i]));
  return text;
}

bool has_document(const config::settings& with) { return !with.config.empty(); }

}  // namespace

document_on_tables lay_out(const config::settings& with, const std::vector<event::relation>& tables,
                           const std::string& where) {
  return layout{with, tables, where}.run();
}

postgres::judge_of_tables judge_at_start(const config::settings& with) {
  if (!has_document(with)) return {};
  return [with, is_content = std::make_shared<bool>(false)](const auto& tables, const std::string& where) {
    if (*is_content) return;
    const auto found = lay_out(with, tables, where).mistakes;
    if (!found.empty()) throw failure{verdict::permanent, "configuration", in_one_line(found)};
    *is_content = true;
  };
}

}  // namespace weir::app
