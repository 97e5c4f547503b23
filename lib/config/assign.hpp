#pragma once

#include <config/settings_table.hpp>

#include <type_traits>

/// Puts parsed values into their places, each after what its type alone cannot check.
namespace weir::config {

template <auto Member>
[[nodiscard]] fault put_text(settings& into, const setting& /*which*/, const parsed& value) {
  into.*Member = value.text;
  return {};
}

template <auto Member>
[[nodiscard]] fault put_secret(settings& into, const setting& /*which*/, const parsed& value) {
  into.*Member = value.hidden;
  return {};
}

template <auto Member>
[[nodiscard]] fault put_duration(settings& into, const setting& /*which*/, const parsed& value) {
  into.*Member = duration{value.number};
  return {};
}

template <auto Member>
[[nodiscard]] fault put_number(settings& into, const setting& /*which*/, const parsed& value) {
  into.*Member = value.number;
  return {};
}

template <auto Member>
[[nodiscard]] fault put_count(settings& into, const setting& /*which*/, const parsed& value) {
  into.*Member = static_cast<std::uint32_t>(value.number);
  return {};
}

template <auto Member>
[[nodiscard]] fault put_on_off(settings& into, const setting& /*which*/, const parsed& value) {
  into.*Member = value.number == 1;
  return {};
}

/// The order of a choice's words in the table is the order of its enumerators.
template <auto Member>
[[nodiscard]] fault put_choice(settings& into, const setting& /*which*/, const parsed& value) {
  using choice = std::remove_reference_t<decltype(into.*Member)>;
  into.*Member = static_cast<choice>(value.number);
  return {};
}

template <auto Member, fault (*Check)(std::string_view)>
[[nodiscard]] fault put_checked_text(settings& into, const setting& /*which*/, const parsed& value) {
  into.*Member = value.text;
  return Check(value.text);
}

template <auto Member, fault (*Check)(std::string_view)>
[[nodiscard]] fault put_checked_list(settings& into, const setting& /*which*/, const parsed& value) {
  into.*Member = value.list;
  for (const auto& each : value.list) {
    if (auto wrong = Check(each)) return wrong;
  }
  return {};
}

[[nodiscard]] fault put_libpq(settings& into, const setting& which, const parsed& value);
[[nodiscard]] fault put_postgres(settings& into, const setting& which, const parsed& value);
[[nodiscard]] fault put_topic(settings& into, const setting& which, const parsed& value);
[[nodiscard]] fault put_dead_letter_topic(settings& into, const setting& which, const parsed& value);
[[nodiscard]] fault put_state(settings& into, const setting& which, const parsed& value);
[[nodiscard]] fault put_http(settings& into, const setting& which, const parsed& value);

/// host or host:port, as librdkafka takes it.
[[nodiscard]] fault check_broker(std::string_view text);

}  // namespace weir::config
