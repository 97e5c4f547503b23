#include <config/document_reader.hpp>
#include <config/json_fields.hpp>
#include <config/names.hpp>
#include <config/parse.hpp>
#include <config/words.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>

namespace weir::config {
namespace {

using kind = json_value::kind;

constexpr std::array<std::string_view, 2> document_keys{"listeners", "targets"};
constexpr std::array<std::string_view, 9> listener_keys{
    "name",   "tables", "columns", "operations", "filter", "filter_error", "group_by", "transaction_filter",
    "targets"};
constexpr std::array<std::string_view, 3> column_keys{"include", "exclude", "mask"};
constexpr std::array<std::string_view, 4> mask_keys{"columns", "fixed", "hash", "truncate"};
constexpr std::array<std::string_view, 8> target_keys{"name",    "topic",    "key",         "partition_by",
                                                      "headers", "on_error", "group_limit", "format"};
constexpr std::array<std::string_view, 1> key_keys{"template"};

constexpr std::array<std::string_view, 4> filter_error_words{"dead_letter", "drop", "keep", "stop"};
constexpr std::array<std::string_view, 3> on_error_words{"dead_letter", "stop", "drop"};
constexpr std::array<std::string_view, 1> group_words{"transaction"};
constexpr std::array<std::string_view, 5> format_words{"debezium", "debezium+schema", "flat", "cloudevents",
                                                       "avro"};
constexpr std::array<std::string_view, 1> hash_words{"sha256"};
constexpr std::array<std::string_view, 6> operation_words{"c", "u", "d", "t", "m", "r"};

constexpr std::string_view default_operations = "cudtr";
constexpr std::uint64_t longest_truncated = 1'000'000;
constexpr std::string_view default_topic = "{prefix}.{schema}.{table}";
constexpr bytes least_group_limit = kibibyte;
constexpr bytes largest_group_limit = 1024 * mebibyte;

constexpr auto any_number = std::numeric_limits<std::size_t>::max();

constexpr std::string_view key_remedy =
    R"(write "primary_key", "none", a list of columns, or {"template": "..."})";

text_at text_of(const json_value& from) { return {from.text, from.at}; }

class reader {
 public:
  explicit reader(read_document& into) : into_(into), made_(into.document) {}

  void read(const json_value& root) {
    const json_fields whole{complain_, root, document_keys, "a document"};
    // Targets first: listeners name them.
    if (const auto* all = whole.required("targets", R"(define at least one: {"name": "stream"})")) {
      for (const auto& each : items_of(*all, most_targets, "a target")) read_target(each);
    }
    if (const auto* all =
            whole.required("listeners", R"(define at least one: {"name": "all", "targets": [...]})")) {
      for (const auto& each : items_of(*all, most_listeners, "a listener")) read_listener(each);
    }
    for (std::size_t i = 0; i < made_.targets.size(); ++i) {
      const bool is_used = std::any_of(made_.listeners.begin(), made_.listeners.end(), [i](const auto& each) {
        return std::find(each.targets.begin(), each.targets.end(), i) != each.targets.end();
      });
      if (!is_used)
        into_.notices.push_back(fmt::format("no listener names the target {}", made_.targets[i].name));
    }
    into_.mistakes = complain_.in_order();
  }

 private:
  /// The items of a list, after what is wrong with the list as a whole.
  std::vector<json_value> items_of(const json_value& from, std::size_t most, std::string_view what) {
    if (!complain_.expect(from, kind::array, fmt::format("write a list with {} in it", what))) return {};
    if (from.items.empty()) complain_.blame(from, {"is empty", fmt::format("write {}", what)});
    if (from.items.size() > most) {
      complain_.blame(from, {fmt::format("has {} entries", from.items.size()),
                             fmt::format("at most {} are allowed", most)});
    }
    return from.items;
  }

  /// Texts of a list, none twice; `check` says what is wrong with one.
  template <class Check>
  std::vector<text_at> texts_of(const json_value& from, std::string_view example, Check check) {
    std::vector<text_at> texts;
    for (const auto& each : items_of(from, any_number, example)) {
      if (!complain_.expect(each, kind::string, fmt::format("write {}", example))) continue;
      const auto is_same = [&each](const text_at& known) { return known.text == each.text; };
      if (std::any_of(texts.begin(), texts.end(), is_same)) {
        complain_.blame(each, {"stands here twice", "take one of them away"});
      } else if (fault wrong = check(each.text)) {
        complain_.blame(each, std::move(wrong));
      } else {
        texts.push_back(text_of(each));
      }
    }
    return texts;
  }

  /// The place of one of `words` in their order.
  template <class Enum, std::size_t Count>
  void choose(const json_value* from, const std::array<std::string_view, Count>& words, Enum& into) {
    if (from == nullptr ||
        !complain_.expect(*from, kind::string, fmt::format("choose {}", fmt::join(words, ", "))))
      return;
    const auto found = std::find(words.begin(), words.end(), from->text);
    if (found == words.end()) {
      complain_.blame(*from, {"is not one of the choices", fmt::format("choose {}", fmt::join(words, ", "))});
      return;
    }
    into = static_cast<Enum>(found - words.begin());
  }

  /// A text that is not empty.
  std::optional<text_at> text(const json_value* from, std::string_view remedy) {
    if (from == nullptr || !complain_.expect(*from, kind::string, remedy)) return {};
    if (from->text.empty()) {
      complain_.blame(*from, {"is empty", std::string{remedy}});
      return {};
    }
    return text_of(*from);
  }

  /// A name, unique among `others`.
  template <class Named>
  std::string name_of(const json_fields& in, const std::vector<Named>& others) {
    const auto* from = in.required("name", R"(give it one, such as "name": "orders")");
    if (from == nullptr || !complain_.expect(*from, kind::string, "write a name")) return {};
    const auto same = std::find_if(others.begin(), others.end(),
                                   [from](const auto& each) { return each.name == from->text; });
    if (auto wrong = check_label(from->text)) {
      complain_.blame(*from, std::move(wrong));
    } else if (same != others.end()) {
      complain_.blame(*from, {fmt::format("is the name of {} too", same->at.pointer), "give each its own"});
    }
    // Kept all the same: who refers to it means it.
    return from->text;
  }

  void read_target(const json_value& from) {
    const json_fields in{complain_, from, target_keys, "a target"};
    if (!in.is_object()) return;
    target made;
    made.at = from.at;
    made.topic.text = default_topic;
    made.group_limit = default_group_limit;
    made.name = name_of(in, made_.targets);
    if (auto topic = text(in.find("topic"), "write a template such as {prefix}.{schema}.{table}"))
      made.topic = std::move(*topic);
    if (const auto* key = in.find("key")) read_key(*key, made.key);
    made.partition_by = text(in.find("partition_by"), "name a column");
    if (const auto* headers = in.find("headers")) read_headers(*headers, made);
    choose(in.find("on_error"), on_error_words, made.policy);
    if (const auto* limit = in.find("group_limit")) read_group_limit(*limit, made.group_limit);
    if (const auto* form = in.find("format")) choose(form, format_words, made.writes_as.emplace());
    made_.targets.push_back(std::move(made));
  }

  void read_key(const json_value& from, key_choice& into) {
    if (from.is == kind::string && from.text == "primary_key") {
      into = primary_key{};
    } else if (from.is == kind::string && from.text == "none") {
      into = no_key{};
    } else if (from.is == kind::array) {
      into = column_key{texts_of(from, "a column's name", [](const auto& name) {
        return name.empty() ? fault{"is empty", "name a column"} : fault{};
      })};
    } else if (from.is == kind::object) {
      const json_fields in{complain_, from, key_keys, "a key by template"};
      const auto* inner = in.required("template", R"(write {"template": "{new.tenant_id}"})");
      if (auto made = text(inner, "write a template such as {new.tenant_id}"))
        into = template_key{std::move(*made)};
    } else if (from.is == kind::string) {
      complain_.blame(from, {"is no form of a key", std::string{key_remedy}});
    } else {
      (void)complain_.expect(from, kind::string, key_remedy);
    }
  }

  void read_headers(const json_value& from, target& into) {
    if (!complain_.expect(from, kind::object, R"(write {"name": "template"})")) return;
    for (const auto& each : from.members) {
      const auto is_same = [&each](const auto& known) { return known.first == each.name; };
      if (std::any_of(into.headers.begin(), into.headers.end(), is_same)) {
        complain_.blame(each.at, {"stands here twice", "take one of them away"});
      } else if (auto wrong = check_header(each.name)) {
        complain_.blame(each.at, std::move(wrong));
      } else if (complain_.expect(each.value, kind::string, "write a text or a template")) {
        into.headers.emplace_back(each.name, text_of(each.value));
      }
    }
  }

  void read_group_limit(const json_value& from, bytes& into) {
    static const setting as_setting{.name = "group_limit",
                                    .group = {},
                                    .type = setting_type::size,
                                    .least = least_group_limit,
                                    .most = largest_group_limit,
                                    .description = {}};
    if (!complain_.expect(from, kind::string, R"(write a size with its unit, such as "900KiB")")) return;
    auto size = parse(as_setting, from.text);
    if (size.wrong) {
      complain_.blame(from, std::move(size.wrong));
    } else {
      into = size.value.number;
    }
  }

  void read_listener(const json_value& from) {
    const json_fields in{complain_, from, listener_keys, "a listener"};
    if (!in.is_object()) return;
    listener made;
    made.at = from.at;
    made.name = name_of(in, made_.listeners);
    if (const auto* tables = in.find("tables")) {
      made.tables = texts_of(*tables, R"(a table such as "public.orders")", check_table_pattern);
    }
    if (const auto* columns = in.find("columns")) read_columns(*columns, made.columns);
    made.operations = operations_of(in.find("operations"));
    read_filters(in, made);
    if (const auto* targets = in.required("targets", "name at least one target")) read_targets(*targets, made);
    made_.listeners.push_back(std::move(made));
  }

  std::vector<text_at> columns_of(const json_value& from) {
    return texts_of(from, R"(a column such as "email" or "public.users.email")", check_column_pattern);
  }

  void read_columns(const json_value& from, column_choice& into) {
    const json_fields in{complain_, from, column_keys, "a choice of columns"};
    if (!in.is_object()) return;
    if (const auto* some = in.find("include")) into.include = columns_of(*some);
    if (const auto* some = in.find("exclude")) into.exclude = columns_of(*some);
    if (in.find("include") != nullptr && in.find("exclude") != nullptr) {
      complain_.blame(*in.find("exclude"), {"stands beside include", "say which stay, or which go"});
    }
    if (const auto* masks = in.find("mask")) {
      for (const auto& each : items_of(*masks, any_number, R"({"columns": ["email"], "fixed": "***"})"))
        read_mask(each, into);
    }
  }

  void read_mask(const json_value& from, column_choice& into) {
    const json_fields in{complain_, from, mask_keys, "a mask"};
    if (!in.is_object()) return;
    column_mask made;
    made.at = from.at;
    if (const auto* some = in.required("columns", "name the columns")) made.columns = columns_of(*some);
    const auto* fixed = in.find("fixed");
    const auto* hash = in.find("hash");
    const auto* truncate = in.find("truncate");
    if ((fixed != nullptr ? 1 : 0) + (hash != nullptr ? 1 : 0) + (truncate != nullptr ? 1 : 0) != 1) {
      complain_.blame(from,
                      {"says not exactly one way to mask", R"(write one of "fixed", "hash" and "truncate")"});
      return;
    }
    int only_one = 0;
    if (fixed != nullptr) {
      if (complain_.expect(*fixed, kind::string, "write a text")) made.text = fixed->text;
    } else if (hash != nullptr) {
      made.is = column_mask::kind::hash;
      choose(hash, hash_words, only_one);
    } else {
      made.is = column_mask::kind::truncate;
      read_length(*truncate, made.length);
    }
    into.masks.push_back(std::move(made));
  }

  void read_length(const json_value& from, std::uint64_t& into) {
    static const setting as_setting{.name = "truncate",
                                    .group = {},
                                    .type = setting_type::count,
                                    .least = 0,
                                    .most = longest_truncated,
                                    .description = {}};
    if (!complain_.expect(from, kind::number, "write how many characters stay, such as 4")) return;
    auto length = parse(as_setting, from.text);
    if (length.wrong) {
      complain_.blame(from, std::move(length.wrong));
    } else {
      into = length.value.number;
    }
  }

  std::string operations_of(const json_value* from) {
    if (from == nullptr) return std::string{default_operations};
    const auto all = texts_of(*from, R"(an operation such as "c")", [](const auto& word) {
      const bool is_known =
          std::find(operation_words.begin(), operation_words.end(), word) != operation_words.end();
      return is_known ? fault{}
                      : fault{"is no operation",
                              "choose c (create), u (update), d (delete), t (truncate), m (message), r (read "
                              "by a snapshot)"};
    });
    std::string letters;
    for (const auto& each : all) letters += each.text;
    return letters;
  }

  void read_filters(const json_fields& in, listener& into) {
    into.filter = text(in.find("filter"), "write a condition, or leave it out");
    if (const auto* group = in.find("group_by")) {
      into.groups_by_transaction = true;
      int only_one = 0;
      choose(group, group_words, only_one);
    }
    const auto* of_transaction = in.find("transaction_filter");
    into.transaction_filter = text(of_transaction, "write a condition, or leave it out");
    if (of_transaction != nullptr && !into.groups_by_transaction) {
      complain_.blame(*of_transaction,
                      {"has no transaction to judge", R"(add "group_by": "transaction", or take it away)"});
    }
    const auto* outcome = in.find("filter_error");
    choose(outcome, filter_error_words, into.on_filter_error);
    if (outcome != nullptr && in.find("filter") == nullptr && of_transaction == nullptr) {
      complain_.blame(*outcome, {"has no filter to stand in for", "add a filter, or take it away"});
    }
  }

  [[nodiscard]] std::vector<std::string_view> target_names() const {
    std::vector<std::string_view> names;
    for (const auto& each : made_.targets) {
      if (!each.name.empty()) names.emplace_back(each.name);
    }
    return names;
  }

  void read_targets(const json_value& from, listener& into) {
    const auto names = target_names();
    const auto all = texts_of(from, "a target's name", [&names](const auto& name) {
      // Without any target that is the one mistake.
      const bool is_known = names.empty() || std::find(names.begin(), names.end(), name) != names.end();
      return is_known ? fault{} : fault{"is no target", suggestion(name, names, "the targets are")};
    });
    for (const auto& each : all) {
      const auto found = std::find_if(made_.targets.begin(), made_.targets.end(),
                                      [&each](const auto& known) { return known.name == each.text; });
      if (found != made_.targets.end())
        into.targets.push_back(static_cast<std::size_t>(found - made_.targets.begin()));
    }
  }

  read_document& into_;
  complaints complain_;
  document& made_;
};

read_document broken(std::string shown, std::string wrong, std::string remedy) {
  read_document nothing;
  nothing.mistakes.push_back({"WEIR_CONFIG", std::move(shown), std::move(wrong), std::move(remedy)});
  return nothing;
}

}  // namespace

read_document parse_document(std::string_view text) {
  if (text.size() > largest_document) {
    return broken({}, "holds more than 1MiB", "that is no document");
  }
  read_document done;
  auto tree = read_json(text);
  if (auto* stopped = std::get_if<json_break>(&tree)) {
    done.mistakes.push_back(
        mistake_at(stopped->at, {}, stopped->wrong, "correct it there; nothing else was looked at"));
    return done;
  }
  reader{done}.read(std::get<json_value>(tree));
  return done;
}

read_document load_document(std::string_view path_or_text) {
  if (path_or_text.starts_with('{')) return parse_document(path_or_text);
  std::ifstream file{std::string{path_or_text}, std::ios::binary};
  std::string text(largest_document + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) {
    return broken(show(path_or_text), "cannot be read",
                  "name a file that can be, or write the document itself: {...}");
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_document(text);
}

mistake mistake_at(const place& at, std::string shown, std::string wrong, std::string remedy) {
  auto name = std::string{"WEIR_CONFIG"};
  if (!at.pointer.empty()) name += " " + at.pointer;
  if (at.line > 0) name += fmt::format(" (line {}, column {})", at.line, at.column);
  return {std::move(name), std::move(shown), std::move(wrong), std::move(remedy)};
}

}  // namespace weir::config
