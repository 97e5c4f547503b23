#include <config/combine.hpp>
#include <config/load.hpp>
#include <config/names.hpp>
#include <config/parse.hpp>
#include <config/settings_table.hpp>

#include <base/failure.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace weir::config {
namespace {

constexpr std::string_view ours = "WEIR_";
constexpr std::string_view kafka_properties = "WEIR_KAFKA_";
constexpr std::string_view file_suffix = "_FILE";

/// One reading of an environment: what was given, what was wrong, and the value that grows.
class loader {
 public:
  explicit loader(const environment& from) : from_(from) {}

  loaded run(const extra_check& also) {
    for (const auto& each : settings_table()) {
      if (each.name.ends_with('*')) {
        read_kafka_properties();
      } else if (each.type == setting_type::secret) {
        read_secret(each);
      } else {
        read_plain(each);
      }
    }
    refuse_foreign_names();
    combine(result_, {[this](auto name) { return given_.contains(name); },
                      [this](auto name) { return !unsound_.contains(name); }});
    if (also) {
      auto more = also(result_.settings);
      std::move(more.begin(), more.end(), std::back_inserter(result_.mistakes));
    }
    return std::move(result_);
  }

 private:
  /// A variable that is empty counts as unset, as compose files and charts leave it.
  [[nodiscard]] const std::string* find(const std::string& name) const {
    const auto found = from_.find(name);
    return found == from_.end() || found->second.empty() ? nullptr : &found->second;
  }

  void blame(std::string_view name, std::string shown, fault wrong) {
    unsound_.emplace(name);
    result_.mistakes.push_back(
        {std::string{name}, std::move(shown), std::move(wrong.wrong), std::move(wrong.remedy)});
  }

  void read_plain(const setting& which) {
    const auto* given = find(std::string{which.name});
    if (given != nullptr) given_.emplace(which.name);
    if (given == nullptr && which.default_text.empty()) return;
    const std::string_view text = given != nullptr ? std::string_view{*given} : which.default_text;
    auto read = parse(which, text);
    if (!read.wrong) read.wrong = which.assign(result_.settings, which, read.value);
    if (read.wrong) blame(which.name, show(text), std::move(read.wrong));
  }

  void read_secret(const setting& which) {
    const std::string name{which.name};
    const bool is_known = from_.contains(name) || from_.contains(name + std::string{file_suffix});
    if (!is_known) return;
    auto value = secret_of(name);
    if (!value.is_set()) return;
    given_.emplace(name);
    parsed holder;
    holder.hidden = std::move(value);
    if (auto wrong = which.assign(result_.settings, which, holder))
      blame(name, std::string{hidden}, std::move(wrong));
  }

  /// NAME or NAME_FILE, checked to be readable and not empty; not set after a mistake.
  secret secret_of(const std::string& name) {
    const auto by_file = name + std::string{file_suffix};
    const auto direct = from_.find(name);
    const auto file = from_.find(by_file);
    if (direct != from_.end() && file != from_.end()) {
      blame(name, std::string{hidden}, {fmt::format("is set, and {} too", by_file), "keep one of the two"});
      return {};
    }
    const bool is_file = file != from_.end();
    const auto& shown_name = is_file ? by_file : name;
    const auto shown = is_file ? show(file->second) : std::string{hidden};
    const auto given = is_file ? secret::in_file(file->second) : secret::literal(direct->second);
    try {
      if (!given.read().empty()) return given;
      blame(shown_name, is_file ? shown : "",
            {is_file ? "is an empty file" : "is empty", "give it a value, or unset it"});
    } catch (const failure&) {
      blame(shown_name, shown, {"cannot be read", "check the path and its permissions"});
    }
    unsound_.insert(name);
    return {};
  }

  void read_kafka_properties() {
    for (auto at = from_.lower_bound(std::string{kafka_properties});
         at != from_.end() && at->first.starts_with(kafka_properties); ++at) {
      const auto& [name, value] = *at;
      if (is_injected(name, value)) continue;
      const bool is_file = name.ends_with(file_suffix);
      const auto property = is_file ? name.substr(0, name.size() - file_suffix.size()) : name;
      if (is_file ? is_kafka_secret(property) : is_kafka_secret(name)) {
        // Both forms lead here; the mistake is told once.
        if (is_file && from_.contains(property)) continue;
        if (auto held = secret_of(property); held.is_set()) result_.settings.kafka[property] = std::move(held);
      } else if (!value.empty()) {
        result_.settings.kafka[name] = secret::literal(value);
      }
    }
  }

  bool is_injected(const std::string& name, const std::string& value) {
    if (!from_.contains("KUBERNETES_SERVICE_HOST") || !is_service_link(name, value)) return false;
    injected_.insert(name);
    return true;
  }

  void refuse_foreign_names() {
    for (const auto& [name, value] : from_) {
      if (is_pinned_by_weir(name) && !value.empty()) {
        blame(name, show(value),
              {"would change the session that Weir pins so that values stay exact", "unset it"});
      }
      if (!name.starts_with(ours) || name.starts_with(kafka_properties) || is_known(name)) continue;
      if (is_injected(name, value)) continue;
      blame(name, "", unknown(name));
    }
    if (injected_.empty()) return;
    result_.notices.push_back(
        fmt::format("{} variables of Kubernetes Services were ignored ({} and so on); enableServiceLinks: "
                    "false keeps them away",
                    injected_.size(), *injected_.begin()));
  }

  static bool is_known(const std::string& name) {
    if (find_setting(name) != nullptr) return true;
    if (!name.ends_with(file_suffix)) return false;
    const auto* base = find_setting(std::string_view{name}.substr(0, name.size() - file_suffix.size()));
    return base != nullptr && base->may_be_file();
  }

  static fault unknown(std::string_view name) {
    if (name.ends_with(file_suffix)) {
      const auto base = name.substr(0, name.size() - file_suffix.size());
      if (find_setting(base) != nullptr) {
        return {"is not a setting: only secrets are read from files", fmt::format("set {}", base)};
      }
    }
    const auto meant = nearest_setting(name);
    return {"is not a setting",
            meant.empty() ? "`weir settings` lists all" : fmt::format("did you mean {}?", meant)};
  }

  const environment& from_;
  loaded result_;
  std::set<std::string, std::less<>> given_;
  std::set<std::string, std::less<>> unsound_;
  std::set<std::string> injected_;
};

}  // namespace

environment environment_of(const char* const* variables) {
  environment all;
  for (; variables != nullptr && *variables != nullptr; ++variables) {
    const std::string_view each{*variables};
    const auto equals = each.find('=');
    if (equals != std::string_view::npos) all.emplace(each.substr(0, equals), each.substr(equals + 1));
  }
  return all;
}

std::string show(std::string_view value) {
  constexpr std::size_t longest = 60;
  std::string shown{"\""};
  for (const char c : value.substr(0, longest)) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20U || c == 0x7F;
    shown += is_control ? fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)))
                        : std::string{c};
  }
  if (value.size() > longest) shown += "...";
  return shown += '"';
}

std::string to_string(const mistake& each) {
  const auto value = each.shown.empty() ? std::string{} : fmt::format("={}", each.shown);
  return fmt::format("{}{} {}; {}", each.name, value, each.wrong, each.remedy);
}

std::string report(const std::vector<mistake>& all) {
  if (all.empty()) return {};
  auto text = fmt::format("the configuration has {} mistake{}:\n", all.size(), all.size() == 1 ? "" : "s");
  for (const auto& each : all) text += fmt::format("  {}\n", to_string(each));
  return text;
}

loaded load(const environment& from, const extra_check& also) { return loader{from}.run(also); }

}  // namespace weir::config
