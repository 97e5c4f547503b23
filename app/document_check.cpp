#include "document_check.hpp"

#include <config/document_reader.hpp>
#include <config/words.hpp>
#include <filter/program.hpp>
#include <filter/transaction_filter.hpp>
#include <pipeline/text_template.hpp>

#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>
#include <variant>

namespace weir::app {
namespace {

using config::text_at;
using pipeline::escaping;
using pipeline::text_template;

/// Collects what is wrong with the texts of one document.
class document_check {
 public:
  explicit document_check(const config::settings& with) : with_(with) {}

  std::vector<config::mistake> run() {
    for (const auto& each : with_.document.listeners) check_listener(each);
    for (std::size_t i = 0; i < with_.document.targets.size(); ++i) {
      check_target(with_.document.targets[i], grouping_listener(i));
    }
    std::vector<config::mistake> sorted;
    for (auto& [place, each] : mistakes_) sorted.push_back(std::move(each));
    check_spill(sorted);
    return sorted;
  }

 private:
  void blame(const text_at& text, std::string wrong, std::string remedy) {
    auto shown = text.text.empty() ? std::string{} : config::show(text.text);
    auto made = is_of_document(text)
                    ? config::mistake_at(text.at, std::move(shown), std::move(wrong), std::move(remedy))
                    : config::mistake{"WEIR_TOPIC", std::move(shown), std::move(wrong), std::move(remedy)};
    mistakes_.emplace(std::pair{text.at.line, text.at.column}, std::move(made));
  }

  void blame(const text_at& text, const filter::problems& found) {
    for (const auto& [line, column, what] : found) {
      blame(text, fmt::format("is no condition at {}", place_in_text(line, column)), what);
    }
  }

  void check_listener(const config::listener& each) {
    if (each.filter) {
      const auto made = filter::program::compile(each.filter->text);
      if (const auto* wrong = std::get_if<filter::problems>(&made)) blame(*each.filter, *wrong);
    }
    if (each.transaction_filter) {
      const auto made = filter::transaction_filter::compile(each.transaction_filter->text);
      if (const auto* wrong = std::get_if<filter::problems>(&made)) blame(*each.transaction_filter, *wrong);
    }
  }

  /// A listener that sends whole transactions to the target.
  [[nodiscard]] const config::listener* grouping_listener(std::size_t target) const {
    for (const auto& each : with_.document.listeners) {
      const bool is_named = std::find(each.targets.begin(), each.targets.end(), target) != each.targets.end();
      if (is_named && each.groups_by_transaction) return &each;
    }
    return nullptr;
  }

  /// What the environment says was judged with it.
  [[nodiscard]] static bool is_of_document(const text_at& text) { return text.at.line > 0; }

  std::optional<text_template> parse(const text_at& text, escaping how) {
    auto made = text_template::parse(text.text, how);
    if (const auto* wrong = std::get_if<pipeline::template_problem>(&made)) {
      blame(text, fmt::format("is no template at character {}", wrong->offset + 1), wrong->sentence);
      return std::nullopt;
    }
    return std::get<text_template>(std::move(made)).with_prefix(with_.topic_prefix);
  }

  void check_target(const config::target& each, const config::listener* grouped_by) {
    check_topic(each, grouped_by);
    if (each.writes_as.value_or(with_.format) == config::format::avro) check_avro(each);
    if (grouped_by != nullptr && each.writes_as == config::format::avro) {
      blame({{}, each.at},
            fmt::format("writes avro, but listener \"{}\" sends whole transactions here", grouped_by->name),
            "choose a JSON format for it, or give that listener a target of its own");
    }
    if (const auto* key = std::get_if<config::template_key>(&each.key)) check_text(key->text, grouped_by);
    for (const auto& [name, text] : each.headers) check_text(text, grouped_by);
    if (each.partition_by && each.partition_by->text.find_first_of("{}") != std::string::npos) {
      blame(*each.partition_by, "is no column's name", "write the name alone, such as tenant_id");
    }
    if (grouped_by == nullptr) return;
    if (const auto* key = std::get_if<config::column_key>(&each.key); key != nullptr && !key->columns.empty()) {
      refuse_in_group(key->columns.front(), *grouped_by, "is a column");
    }
    if (each.partition_by) refuse_in_group(*each.partition_by, *grouped_by, "is a column");
  }

  /// Schemas are registered before rows are seen, and a key that is one text has none.
  void check_avro(const config::target& each) {
    if (const auto topic = template_of_document(with_, each.topic, escaping::topic);
        topic && topic->depends_on_row()) {
      blame(each.topic, "depends on the row, and this target writes avro",
            "its schemas are registered for a topic before rows are read: use {prefix}, {schema} and {table} "
            "only");
    }
    if (const auto* key = std::get_if<config::template_key>(&each.key)) {
      blame(key->text, "is a text, and this target writes avro",
            "name columns, such as \"key\": [\"tenant_id\"]; their schema is registered");
    }
  }

  void check_text(const text_at& text, const config::listener* grouped_by) {
    const auto made = parse(text, escaping::none);
    if (made && grouped_by && !made->is_constant())
      refuse_in_group(text, *grouped_by, "has fields of a change");
  }

  void refuse_in_group(const text_at& text, const config::listener& by, const char* wrong) {
    blame(text, fmt::format("{}, but listener \"{}\" sends whole transactions here", wrong, by.name),
          "write it without, or give that listener a target of its own");
  }

  void check_topic(const config::target& each, const config::listener* grouped_by) {
    if (!is_of_document(each.topic) && is_of_document({{}, each.at})) {
      // Left out: the default has fields.
      if (grouped_by == nullptr) return;
      return blame({{}, each.at},
                   fmt::format("has no topic for the transactions of listener \"{}\"", grouped_by->name),
                   R"(give it one without fields of a change, such as "topic": "{prefix}.transactions")");
    }
    // What the configuration can say of WEIR_TOPIC it has said.
    if (!is_of_document(each.topic) &&
        config::check_topic_template(each.topic.text, {"prefix", "schema", "table"}))
      return;
    const auto topic = parse(each.topic, escaping::topic);
    if (!topic) return;
    if (!topic->is_constant()) {
      if (grouped_by) refuse_in_group(each.topic, *grouped_by, "has fields of a change");
      return;
    }
    if (!is_of_document(each.topic)) return;
    std::string name;
    std::string why;
    if (!topic->render(name, {}, why)) return blame(each.topic, "is no topic", why);
    if (is_own_topic(with_, name)) {
      blame(each.topic, fmt::format("names {}, one of Weir's own topics", name), "choose another name");
    }
  }

  void check_spill(std::vector<config::mistake>& into) const {
    if (with_.spill.empty()) return;
    std::error_code ignored;
    const bool is_usable =
        std::filesystem::is_directory(with_.spill, ignored) && ::access(with_.spill.c_str(), W_OK | X_OK) == 0;
    if (is_usable) return;
    into.push_back({"WEIR_SPILL", config::show(with_.spill), "is no directory that can be written",
                    "make it, or correct its permissions"});
  }

  const config::settings& with_;
  std::multimap<std::pair<std::uint32_t, std::uint32_t>, config::mistake> mistakes_;  ///< by line and column
};

}  // namespace

std::optional<pipeline::text_template> template_of_document(const config::settings& with, const text_at& text,
                                                            escaping how) {
  const auto made = text_template::parse(text.text, how);
  if (const auto* good = std::get_if<text_template>(&made)) return good->with_prefix(with.topic_prefix);
  return std::nullopt;
}

std::string place_in_text(std::size_t line, std::size_t column) {
  return line == 1 ? fmt::format("character {}", column)
                   : fmt::format("character {} of its line {}", column, line);
}

bool is_own_topic(const config::settings& with, std::string_view name) {
  return name == with.state_topic || name == with.dead_letter_topic ||
         (with.transaction_metadata && name == with.transaction_topic);
}

std::vector<config::mistake> check_document(const config::settings& with) { return document_check{with}.run(); }

}  // namespace weir::app
