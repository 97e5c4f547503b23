#include <config/parse.hpp>

#include <base/size.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace weir::config {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t milliseconds_of_second = 1000;
constexpr std::uint64_t milliseconds_of_minute = 60 * milliseconds_of_second;
constexpr std::uint64_t milliseconds_of_hour = 60 * milliseconds_of_minute;

/// Small to large, so that the last that divides a number is the one to print it with.
constexpr std::array duration_units{unit{"ms", 1}, unit{"s", milliseconds_of_second},
                                    unit{"m", milliseconds_of_minute}, unit{"h", milliseconds_of_hour}};
constexpr std::array size_units{unit{"B", 1}, unit{"KiB", kibibyte}, unit{"MiB", mebibyte},
                                unit{"GiB", 1024 * mebibyte}};

constexpr std::string_view duration_remedy = "write a whole number with ms, s, m or h, such as 10s";
constexpr std::string_view size_remedy = "write a whole number with B, KiB, MiB or GiB, such as 32MiB";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

struct quantity {
  std::uint64_t number = 0;
  std::string_view rest;
  bool is_number = false;
  bool is_too_large = false;
};

quantity leading_number(std::string_view text) {
  quantity read;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), read.number);
  read.is_number = error != std::errc::invalid_argument;
  read.is_too_large = error == std::errc::result_out_of_range;
  read.rest = trim(text.substr(static_cast<std::size_t>(stop - text.data())));
  return read;
}

template <std::size_t Count>
reading parse_with_unit(std::string_view text, const std::array<unit, Count>& units, std::string_view remedy) {
  const auto read = leading_number(text);
  const auto bad = [&](std::string wrong) { return reading{{}, {std::move(wrong), std::string{remedy}}}; };
  if (!read.is_number || read.rest.starts_with('.')) return bad("is not a whole number with a unit");
  if (read.rest.empty()) return bad("needs a unit");
  const auto* known =
      std::find_if(units.begin(), units.end(), [&](const auto& each) { return each.name == read.rest; });
  if (known == units.end()) return bad(fmt::format("has the unknown unit '{}'", read.rest));
  if (read.is_too_large || read.number > std::numeric_limits<std::uint64_t>::max() / known->factor) {
    return bad("is too large a number");
  }
  reading done;
  done.value.number = read.number * known->factor;
  return done;
}

reading parse_count(std::string_view text) {
  const auto read = leading_number(text);
  if (!read.is_number || read.is_too_large || !read.rest.empty()) {
    return {{}, {"is not a whole number", "write digits only"}};
  }
  reading done;
  done.value.number = read.number;
  return done;
}

reading parse_on_off(std::string_view text) {
  reading done;
  if (text != "on" && text != "off") done.wrong = {"is neither on nor off", "write on or off"};
  done.value.number = text == "on" ? 1 : 0;
  return done;
}

reading parse_choice(const setting& which, std::string_view text) {
  const auto found = std::find(which.choices.begin(), which.choices.end(), text);
  reading done;
  if (found == which.choices.end()) {
    done.wrong = {"is not one of the choices", fmt::format("choose {}", fmt::join(which.choices, ", "))};
    return done;
  }
  done.value.text = text;
  done.value.number = static_cast<std::uint64_t>(found - which.choices.begin());
  return done;
}

reading parse_list(std::string_view text) {
  reading done;
  while (true) {
    const auto comma = text.find(',');
    if (const auto part = trim(text.substr(0, comma)); !part.empty()) done.value.list.emplace_back(part);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (done.value.list.empty()) done.wrong = {"names nothing", "separate the parts by commas"};
  return done;
}

reading parse_by_type(const setting& which, std::string_view text) {
  switch (which.type) {
    case setting_type::text: {
      reading done;
      done.value.text = text;
      return done;
    }
    case setting_type::secret:
      return {};
    case setting_type::duration:
      return parse_with_unit(text, duration_units, duration_remedy);
    case setting_type::size:
      return parse_with_unit(text, size_units, size_remedy);
    case setting_type::count:
      return parse_count(text);
    case setting_type::on_off:
      return parse_on_off(text);
    case setting_type::choice:
      return parse_choice(which, text);
    case setting_type::list:
      return parse_list(text);
  }
  return {};
}

template <std::size_t Count>
std::string shortest(std::uint64_t number, const std::array<unit, Count>& units) {
  const auto* best = units.begin();
  for (const auto& each : units) {
    if (number >= each.factor && number % each.factor == 0) best = &each;
  }
  return fmt::format("{}{}", number / best->factor, best->name);
}

}  // namespace

reading parse(const setting& which, std::string_view text) {
  auto done = parse_by_type(which, trim(text));
  const bool has_range = which.least != 0 || which.most != 0;
  if (done.wrong || !has_range) return done;
  if (done.value.number < which.least) {
    done.wrong = {"is too small", fmt::format("the least is {}", with_unit(which.type, which.least))};
  } else if (done.value.number > which.most) {
    done.wrong = {"is too large", fmt::format("the most is {}", with_unit(which.type, which.most))};
  }
  return done;
}

std::string with_unit(setting_type type, std::uint64_t number) {
  switch (type) {
    case setting_type::duration:
      return shortest(number, duration_units);
    case setting_type::size:
      return shortest(number, size_units);
    case setting_type::text:
    case setting_type::secret:
    case setting_type::count:
    case setting_type::on_off:
    case setting_type::choice:
    case setting_type::list:
      return fmt::format("{}", number);
  }
  return {};
}

std::string_view to_string(setting_type type) {
  switch (type) {
    case setting_type::text:
      return "text";
    case setting_type::secret:
      return "secret";
    case setting_type::duration:
      return "duration";
    case setting_type::size:
      return "size";
    case setting_type::count:
      return "count";
    case setting_type::on_off:
      return "on/off";
    case setting_type::choice:
      return "choice";
    case setting_type::list:
      return "list";
  }
  return {};
}

}  // namespace weir::config
