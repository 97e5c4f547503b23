#include "document_tables.hpp"

#include "document_check.hpp"
#include "record_wiring.hpp"

#include <base/failure.hpp>
#include <config/document_reader.hpp>
#include <config/names.hpp>
#include <encode/flat_row.hpp>
#include <filter/bound_filter.hpp>
#include <pipeline/text_template.hpp>
#include <postgres/table_patterns.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>
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

/// More names in one line help nobody.
constexpr std::size_t most_tables_named = 3;

/// What is wrong, each mistake with all tables that it concerns.
class table_check {
 public:
  table_check(const config::settings& with, const std::vector<relation>& tables, const std::string& where)
      : with_(with), tables_(tables), where_(where) {}

  std::vector<config::mistake> run() {
    for (const auto& each : with_.document.listeners) check_listener(each);
    for (const auto& [found, of] : by_problem_) blame(found, of);
    return std::move(mistakes_);
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
    auto shown = text.text.empty() ? std::string{} : config::show(text.text);
    if (text.at.line > 0) {
      mistakes_.push_back(config::mistake_at(text.at, std::move(shown), std::move(wrong), std::move(remedy)));
    } else {
      const auto* name = text.text.empty()                          ? "WEIR_FORMAT"
                         : text.text.find('{') == std::string::npos ? "WEIR_TABLES"
                                                                    : "WEIR_TOPIC";
      mistakes_.push_back({name, std::move(shown), std::move(wrong), std::move(remedy)});
    }
  }

  void check_listener(const listener& each) {
    for (const auto& pattern : each.tables) check_pattern(pattern);
    const auto taken = tables_of(each, tables_);
    for (const auto& pattern : each.columns.include) check_column_pattern(pattern, taken);
    for (const auto& pattern : each.columns.exclude) check_column_pattern(pattern, taken);
    for (const auto& mask : each.columns.masks) {
      for (const auto& pattern : mask.columns) check_column_pattern(pattern, taken);
    }
    const auto columns = columns_of(each, with_.mask_salt);
    if (each.filter) {
      const auto made = filter::program::compile(each.filter->text);
      if (const auto* condition = std::get_if<filter::program>(&made)) {
        for (const auto* table : taken) check_filter(*each.filter, *condition, *table);
      }
    }
    for (const auto index : each.targets) {
      for (const auto* table : taken) {
        check_target(with_.document.targets[index], *table);
        if (columns) check_hidden(each, with_.document.targets[index], *table, *columns);
        check_fields(with_.document.targets[index], *table, columns.get());
      }
    }
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

  /// A pattern without `*` means a column that is there; which one is for people to see.
  void check_column_pattern(const text_at& text, const table_list& taken) {
    const encode::column_pattern pattern{text.text};
    if (pattern.has_star() || taken.empty()) return;
    std::vector<std::string> names;
    for (const auto* table : taken) {
      for (const auto& column : table->columns) {
        if (pattern.takes(table->schema, table->name, column.name)) return;
        names.push_back(text.text.find('.') == std::string::npos ? column.name
                                                                 : full_name(*table) + "." + column.name);
      }
    }
    const std::vector<std::string_view> known{names.begin(), names.end()};
    const auto meant = config::nearest(text.text, known);
    blame(text, "is no column of the tables that the listener takes",
          meant.empty() ? "correct it, or take it away" : fmt::format("did you mean {}?", meant));
  }

  /// Keys and templates show what is in them, so nothing that is hidden can be there.
  void check_hidden(const listener& by, const target& to, const relation& table,
                    const encode::column_choice& columns) {
    const auto how = [&](std::string_view column) {
      return columns.shows(table, column) ? "masked" : "left out";
    };
    const auto refuse = [&](const text_at& text, std::string_view what, std::string_view column) {
      if (!columns.hides(table, column)) return;
      note(
          table, text,
          fmt::format("{} the column {}, which listener \"{}\" has {} for", what, column, by.name, how(column)),
          "show the column, or do without it there");
    };
    if (!by.groups_by_transaction && std::holds_alternative<config::primary_key>(to.key)) {
      for (const auto index : table.key) {
        const auto& column = table.columns[index].name;
        if (!columns.hides(table, column)) continue;
        note(table, text_of_choice(by), fmt::format("hides the column {}, which belongs to the key of", column),
             fmt::format("show the column, or give target {} another key", to.name));
      }
    }
    if (const auto* key = std::get_if<config::column_key>(&to.key)) {
      for (const auto& column : key->columns) refuse(column, "is", column.text);
    }
    const auto refuse_in = [&](const text_at& text, escaping way) {
      const auto made = template_of_document(with_, text, way);
      if (!made) return;
      for (const auto& names : {made->new_columns(), made->old_columns()}) {
        for (const auto& column : names) refuse(text, "shows", column);
      }
    };
    refuse_in(to.topic, escaping::topic);
    if (const auto* key = std::get_if<config::template_key>(&to.key)) refuse_in(key->text, escaping::none);
    for (const auto& [name, text] : to.headers) refuse_in(text, escaping::none);
  }

  /// The first text of the choice: where to begin to look.
  static text_at text_of_choice(const listener& by) {
    if (!by.columns.include.empty()) return by.columns.include.front();
    if (!by.columns.exclude.empty()) return by.columns.exclude.front();
    return by.columns.masks.front().columns.front();
  }

  void check_fields(const target& to, const relation& table, const encode::column_choice* columns) {
    if (to.writes_as != config::format::flat) return;
    for (const auto& column : table.columns) {
      if (!encode::is_flat_field(column.name) || (columns != nullptr && !columns->shows(table, column.name)))
        continue;
      note(table, {{}, to.at},
           fmt::format("writes flat rows, which have a field {} of their own, as has", column.name),
           "choose another format, or leave the column out");
    }
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

  void check_template(const text_at& text, escaping how, const relation& table) {
    const auto made = template_of_document(with_, text, how);
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
    const example_change of{table, event::operation::update};
    if (!topic.render(name, of.change(), why)) return note(table, text, "makes no topic for", std::move(why));
    if (is_own_topic(with_, name)) {
      note(table, text, fmt::format("makes {}, one of Weir's own topics, for", name),
           "choose another template");
    }
  }

  const config::settings& with_;
  const std::vector<relation>& tables_;
  const std::string& where_;
  std::vector<config::mistake> mistakes_;
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

}  // namespace

example_change::example_change(const relation& table, event::operation op) {
  for (const auto& each : table.columns) values_.push_back({event::value::state::text, each.name});
  change_.op = op;
  change_.within = &transaction_;
  change_.table = &table;
  change_.before_is = event::old_row::full;
  change_.before = values_;
  const bool has_new_row = op != event::operation::remove && op != event::operation::truncate;
  if (has_new_row) change_.after = values_;
}

std::string full_name(const relation& table) { return table.schema + "." + table.name; }

const event::column* column_of(const relation& table, std::string_view name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [name](const auto& each) { return each.name == name; });
  return found == table.columns.end() ? nullptr : &*found;
}

table_list tables_of(const listener& of, const std::vector<relation>& tables) {
  if (!takes_rows(of)) return {};
  std::vector<std::string> texts;
  for (const auto& pattern : of.tables) texts.push_back(pattern.text);
  const postgres::table_patterns wanted{texts};
  table_list taken;
  for (const auto& table : tables) {
    if (wanted.takes(table.schema, table.name)) taken.push_back(&table);
  }
  return taken;
}

bool takes_rows(const listener& of) {
  return of.operations.find_first_not_of(static_cast<char>(event::operation::message)) != std::string::npos;
}

std::vector<config::mistake> check_tables(const config::settings& with, const std::vector<relation>& tables,
                                          const std::string& where) {
  return table_check{with, tables, where}.run();
}

postgres::judge_of_tables judge_at_start(const config::settings& with) {
  if (with.config.empty()) return {};
  return [with, is_content = std::make_shared<bool>(false)](const auto& tables, const std::string& where) {
    if (*is_content) return;
    const auto found = check_tables(with, tables, where);
    if (!found.empty()) throw failure{verdict::permanent, "configuration", in_one_line(found)};
    *is_content = true;
  };
}

}  // namespace weir::app
