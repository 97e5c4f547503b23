#include <config/parse.hpp>
#include <config/render.hpp>
#include <config/settings_table.hpp>

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>

using weir::config::setting_type;
using weir::config::settings_table;

TEST_CASE("000-8 every duration, size and limit is a named setting with a unit, a default and a range") {
  for (const auto& each : settings_table()) {
    if (each.type != setting_type::duration && each.type != setting_type::size) continue;
    INFO(each.name);
    CHECK(!each.default_text.empty());
    CHECK(each.most > each.least);
  }
}

TEST_CASE("every default is a value that its own setting takes") {
  for (const auto& each : settings_table()) {
    if (each.default_text.empty()) continue;
    INFO(each.name);
    const auto read = weir::config::parse(each, each.default_text);
    CHECK(read.wrong.wrong.empty());
    weir::config::settings into;
    CHECK(each.assign(into, each, read.value).wrong.empty());
  }
}

TEST_CASE("every setting has a name of its own, a group, a sentence and something to say of its default") {
  std::set<std::string_view> names;
  for (const auto& each : settings_table()) {
    INFO(each.name);
    CHECK(names.insert(each.name).second);
    CHECK(!each.group.empty());
    CHECK(each.description.ends_with('.'));
    CHECK((!each.default_text.empty() || !each.shown_default.empty()));
    CHECK((each.type != setting_type::choice || each.choices.size() > 1));
    CHECK((each.assign != nullptr || each.name.ends_with('*')));
  }
}

TEST_CASE("000-8 each form of `weir settings` lists every setting") {
  const auto text = weir::config::settings_as_text(80);
  const auto json = weir::config::settings_as_json();
  const auto markdown = weir::config::settings_as_markdown();
  for (const auto& each : settings_table()) {
    INFO(each.name);
    const std::string name{each.name};
    CHECK(text.find("  " + name) != std::string::npos);
    CHECK(json.find("{\"name\":\"" + name + "\"") != std::string::npos);
    CHECK(markdown.find("| `" + name + "`") != std::string::npos);
    if (each.may_be_file()) {
      CHECK(text.find(name + "_FILE") != std::string::npos);
      CHECK(markdown.find("`" + name + "_FILE`") != std::string::npos);
    }
  }
}

TEST_CASE("the text of `weir settings` keeps to the terminal's width") {
  const auto text = weir::config::settings_as_text(80);
  std::size_t begin = 0;
  for (auto end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin)) {
    const auto line = text.substr(begin, end - begin);
    INFO(line);
    CHECK((line.size() <= 80 || !line.starts_with("      ")));
  }
}

TEST_CASE("numbers are shown with the largest unit that divides them") {
  using weir::config::with_unit;
  CHECK(with_unit(setting_type::size, 4 * weir::mebibyte) == "4MiB");
  CHECK(with_unit(setting_type::size, 1000) == "1000B");
  CHECK(with_unit(setting_type::duration, 90'000) == "90s");
  CHECK(with_unit(setting_type::duration, 3'600'000) == "1h");
  CHECK(with_unit(setting_type::duration, 0) == "0ms");
  CHECK(with_unit(setting_type::count, 7) == "7");
}
