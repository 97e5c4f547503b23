#include <config/document_reader.hpp>
#include <config/json_fields.hpp>
#include <config/names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace weir::config {
namespace {

std::string_view name_of(json_value::kind of) {
  switch (of) {
    case json_value::kind::object:
      return "an object";
    case json_value::kind::array:
      return "a list";
    case json_value::kind::string:
      return "a text";
    case json_value::kind::number:
      return "a number";
    case json_value::kind::boolean:
      return "a boolean";
    case json_value::kind::null:
      return "null";
  }
  return {};
}

std::string shown(const json_value& value) {
  switch (value.is) {
    case json_value::kind::string:
      return show(value.text);
    case json_value::kind::number:
    case json_value::kind::boolean:
      return value.text;
    case json_value::kind::null:
    case json_value::kind::object:
    case json_value::kind::array:
      return {};
  }
  return {};
}

}  // namespace

void complaints::add(const place& at, std::string shown_value, fault wrong) {
  all_.emplace(std::pair{at.line, at.column},
               mistake_at(at, std::move(shown_value), std::move(wrong.wrong), std::move(wrong.remedy)));
}

void complaints::blame(const place& at, fault wrong) { add(at, {}, std::move(wrong)); }

void complaints::blame(const json_value& value, fault wrong) { add(value.at, shown(value), std::move(wrong)); }

bool complaints::expect(const json_value& value, json_value::kind wanted, std::string_view remedy) {
  if (value.is == wanted) return true;
  blame(value, {fmt::format("is {}, not {}", name_of(value.is), name_of(wanted)), std::string{remedy}});
  return false;
}

std::vector<mistake> complaints::in_order() {
  std::vector<mistake> sorted;
  sorted.reserve(all_.size());
  for (auto& [at, each] : all_) sorted.push_back(std::move(each));
  all_.clear();
  return sorted;
}

json_fields::json_fields(complaints& to, const json_value& object, std::span<const std::string_view> known,
                         std::string_view what)
    : to_(to), object_(object) {
  if (!to.expect(object, json_value::kind::object, fmt::format("write {} in braces", what))) return;
  std::set<std::string_view> seen;
  for (const auto& each : object.members) {
    if (!seen.insert(each.name).second) {
      to.blame(each.at, {"stands here twice", "take one of them away"});
    } else if (std::find(known.begin(), known.end(), each.name) == known.end()) {
      to.blame(each.at, {fmt::format("is no key of {}", what), suggestion(each.name, known, "the keys are")});
      meant_.insert(nearest(each.name, known));
    }
  }
}

const json_value* json_fields::find(std::string_view name) const {
  const auto found = std::find_if(object_.members.begin(), object_.members.end(),
                                  [name](const auto& each) { return each.name == name; });
  return found == object_.members.end() ? nullptr : &found->value;
}

const json_value* json_fields::required(std::string_view name, std::string_view remedy) const {
  const auto* found = find(name);
  if (found == nullptr && is_object() && !meant_.contains(name)) {
    to_.blame(object_.at, {fmt::format("has no \"{}\"", name), std::string{remedy}});
  }
  return found;
}

}  // namespace weir::config
