#include "document_view.hpp"

#include "document_check.hpp"
#include "document_tables.hpp"
#include "record_wiring.hpp"

#include <config/settings_table.hpp>
#include <pipeline/groups.hpp>
#include <pipeline/text_template.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <variant>

namespace weir::app {
namespace {

using config::listener;
using config::target;
using config::text_at;
using event::relation;
using pipeline::escaping;
using pipeline::text_template;

/// More than this of a listener helps nobody.
constexpr std::size_t most_tables_shown = 20;
constexpr std::size_t most_columns_shown = 20;

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

class document_view {
 public:
  document_view(const config::settings& with, const std::vector<relation>& tables)
      : with_(with), tables_(tables) {}

  std::vector<postgres::finding> run() {
    for (const auto& each : with_.document.listeners) {
      const auto taken = tables_of(each, tables_);
      columns_ = columns_of(each, with_.mask_salt);
      show_tables(each, taken);
      warn_of_groups(each);
      for (const auto index : each.targets) {
        const auto& to = with_.document.targets[index];
        if (each.operations.find(static_cast<char>(event::operation::remove)) != std::string::npos) {
          warn_of_deletes(each, to, taken);
        }
        show_example(each, to, taken);
      }
    }
    return std::move(findings_);
  }

 private:
  void show(const std::string& object, std::string sentence, postgres::severity is = postgres::severity::ok) {
    findings_.push_back({is, object, std::move(sentence)});
  }

  void show_tables(const listener& each, const table_list& taken) {
    const auto object = "listener " + each.name;
    if (!takes_rows(each)) return show(object, "takes logical messages");
    if (taken.empty()) return show(object, "takes no table yet", postgres::severity::warning);
    for (std::size_t i = 0; i < std::min(taken.size(), most_tables_shown); ++i) {
      show(object, fmt::format("takes {} ({})", full_name(*taken[i]), names_of(*taken[i])));
    }
    if (taken.size() > most_tables_shown) {
      show(object, fmt::format("takes {} tables more", taken.size() - most_tables_shown));
    }
  }

  /// Those that records show, masked ones with a word.
  [[nodiscard]] std::string names_of(const relation& table) const {
    std::vector<std::string> names;
    for (const auto& each : table.columns) {
      if (columns_ && !columns_->shows(table, each.name)) continue;
      if (names.size() == most_columns_shown) {
        names.emplace_back("...");
        break;
      }
      const bool is_masked = columns_ && columns_->mask_of(table, each.name) != nullptr;
      names.push_back(is_masked ? each.name + " masked" : each.name);
    }
    return fmt::format("{}", fmt::join(names, ", "));
  }

  /// Columns that decide where a row goes, each by its name.
  [[nodiscard]] std::set<std::string> deciding_columns(const target& to) const {
    std::set<std::string> columns;
    const auto add_template = [&](const text_at& text, escaping how) {
      if (const auto made = template_of_document(with_, text, how)) {
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

  /// A group may be as large as any transaction.
  void warn_of_groups(const listener& each) {
    if (!each.groups_by_transaction || !with_.spill.empty()) return;
    show("listener " + each.name,
         fmt::format(
             "groups transactions and WEIR_SPILL is not set: one whose changes take more than {}, a part of "
             "WEIR_MEMORY, stops the stream",
             config::with_unit(config::setting_type::size, with_.memory / pipeline::group_share_of_budget)),
         postgres::severity::warning);
  }

  void show_example(const listener& each, const target& to, const table_list& taken) {
    const auto object = fmt::format("listener {} to {}", each.name, to.name);
    const auto topic = template_of_document(with_, to.topic, escaping::topic);
    if (!topic) return;
    std::string name;
    std::string why;
    if (each.groups_by_transaction) {
      if (topic->render(name, {}, why)) {
        show(object,
             fmt::format("a transaction goes to topic {} as one record, split above {}, with key {}, as {}",
                         name, config::with_unit(config::setting_type::size, to.group_limit), each.name,
                         name_of(to.writes_as.value_or(with_.format))));
      }
      return;
    }
    if (!takes_rows(each)) return show_message(object, *topic);
    const auto op = operation_to_show(each);
    if (!op || taken.empty()) return;
    const example_change of{*taken.front(), *op};
    if (!topic->render(name, of.change(), why)) return show(object, why, postgres::severity::warning);
    show(object, fmt::format("{} {} goes to topic {}, {}, as {}", with_article(*op), full_name(*taken.front()),
                             name, key_of(to, of.change()), name_of(to.writes_as.value_or(with_.format))));
  }

  void show_message(const std::string& object, const text_template& topic) {
    std::string name;
    std::string why;
    event::change message;
    message.op = event::operation::message;
    if (topic.needs_table() || !topic.render(name, message, why)) name = with_.topic_prefix + ".message";
    show(object, fmt::format("a logical message goes to topic {}", name));
  }

  [[nodiscard]] std::string key_of(const target& to, const event::change& of) const {
    if (std::holds_alternative<config::no_key>(to.key)) return "without key";
    std::vector<std::string_view> columns;
    if (const auto* key = std::get_if<config::template_key>(&to.key)) {
      std::string text;
      std::string why;
      const auto made = template_of_document(with_, key->text, escaping::none);
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
  std::vector<postgres::finding> findings_;
  std::shared_ptr<const encode::column_choice> columns_;  ///< of the listener that is shown
};

}  // namespace

std::vector<postgres::finding> describe_document(const config::settings& with,
                                                 const std::vector<event::relation>& tables) {
  return document_view{with, tables}.run();
}

}  // namespace weir::app
