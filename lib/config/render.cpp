#include <config/render.hpp>
#include <config/settings_table.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace weir::config {
namespace {

std::string default_of(const setting& which) {
  return std::string{which.default_text.empty() ? which.shown_default : which.default_text};
}

bool has_range(const setting& which) { return which.least != 0 || which.most != 0; }

/// The range, or the words to choose from; empty for what is free.
std::string allowed_by(const setting& which) {
  if (!which.choices.empty()) return fmt::format("{}", fmt::join(which.choices, ", "));
  if (which.type == setting_type::on_off) return "on, off";
  if (!has_range(which)) return {};
  return fmt::format("{} to {}", with_unit(which.type, which.least), with_unit(which.type, which.most));
}

std::string name_of(const setting& which) {
  return which.may_be_file() ? fmt::format("{0}, {0}_FILE", which.name) : std::string{which.name};
}

/// `text` in lines of at most `width`, each behind `indent` spaces.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  const std::size_t room = width > indent + 20 ? width - indent : 20;
  while (!text.empty()) {
    auto end = text.size();
    if (end > room) {
      end = text.rfind(' ', room);
      if (end == std::string_view::npos || end == 0) end = std::min(text.find(' '), text.size());
    }
    out += fmt::format("{:{}}{}\n", "", indent, text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return out;
}

std::string json_string(std::string_view text) {
  std::string out{"\""};
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

std::string markdown_cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string{"\\|"} : std::string{c};
  return out;
}

std::string json_limits(const setting& which) {
  if (!has_range(which)) return {};
  std::string_view unit;
  if (which.type == setting_type::duration) unit = "ms";
  if (which.type == setting_type::size) unit = "B";
  const auto suffix = unit.empty() ? std::string{} : fmt::format(R"(,"unit":"{}")", unit);
  return fmt::format(R"(,"least":{},"most":{}{})", which.least, which.most, suffix);
}

std::string json_object(const setting& which) {
  std::vector<std::string> choices;
  std::transform(which.choices.begin(), which.choices.end(), std::back_inserter(choices), json_string);
  const auto words =
      choices.empty() ? std::string{} : fmt::format(R"(,"choices":[{}])", fmt::join(choices, ","));
  const auto value = which.default_text.empty() ? std::string{"null"} : json_string(which.default_text);
  return fmt::format(
      R"({{"name":{},"group":{},"type":"{}","default":{},"default_is":{}{}{},"file":{},"description":{}}})",
      json_string(which.name), json_string(which.group), to_string(which.type), value,
      json_string(default_of(which)), json_limits(which), words, which.may_be_file(),
      json_string(which.description));
}

/// Calls `heading` when a group begins and `row` for each setting.
template <class Heading, class Row>
void by_group(Heading heading, Row row) {
  std::string_view group;
  for (const auto& each : settings_table()) {
    if (each.group != group) heading(group = each.group);
    row(each);
  }
}

}  // namespace

std::string settings_as_text(std::size_t width) {
  std::string out;
  const auto heading = [&](std::string_view group) {
    out += fmt::format("{}{}\n", out.empty() ? "" : "\n", group);
  };
  const auto row = [&](const setting& each) {
    const auto allowed = allowed_by(each);
    const auto range = allowed.empty() ? std::string{} : fmt::format(" ({})", allowed);
    out += fmt::format("  {:<28} {}{}, default {}\n", name_of(each), to_string(each.type), range,
                       default_of(each));
    out += wrap(each.description, 6, width);
  };
  by_group(heading, row);
  return out;
}

std::string settings_as_json() {
  std::vector<std::string> all;
  for (const auto& each : settings_table()) all.push_back(json_object(each));
  return fmt::format("[\n{}\n]\n", fmt::join(all, ",\n"));
}

std::string settings_as_markdown() {
  std::string out;
  const auto heading = [&](std::string_view group) {
    out += fmt::format(
        "{}### {}\n\n| setting | type | default | allowed | meaning |\n| --- | --- | --- | --- | --- |\n",
        out.empty() ? "" : "\n", group);
  };
  const auto row = [&](const setting& each) {
    const auto name =
        each.may_be_file() ? fmt::format("`{0}`, `{0}_FILE`", each.name) : fmt::format("`{}`", each.name);
    const auto value =
        each.default_text.empty() ? std::string{each.shown_default} : fmt::format("`{}`", each.default_text);
    out += fmt::format("| {} | {} | {} | {} | {} |\n", name, to_string(each.type), markdown_cell(value),
                       allowed_by(each), markdown_cell(each.description));
  };
  by_group(heading, row);
  return out;
}

}  // namespace weir::config
