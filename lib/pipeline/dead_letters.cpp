#include <pipeline/dead_letters.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace weir::pipeline {
namespace {

void append_base64(std::string& to, std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t group = 3;
  for (std::size_t at = 0; at < bytes.size(); at += group) {
    const auto left = std::min(group, bytes.size() - at);
    std::uint32_t bits = 0;
    for (std::size_t n = 0; n < group; ++n) {
      bits = (bits << 8U) | (n < left ? static_cast<unsigned char>(bytes[at + n]) : 0U);
    }
    for (std::size_t n = 0; n <= group; ++n) {
      to.push_back(n <= left ? alphabet[(bits >> (18U - 6U * static_cast<unsigned>(n))) & 0x3FU] : '=');
    }
  }
}

void append_name(std::string& to, std::string_view name) {
  to += "{\"base64\":\"";
  append_base64(to, name);
  to += "\"}";
}

/// A value that has no column may be of any, so it is hidden with them.
bool hides(const encode::column_choice* columns, const event::relation& table, std::size_t index) {
  if (columns == nullptr) return false;
  return index >= table.columns.size() || columns->hides(table, table.columns[index].name);
}

void append_row(std::string& to, std::string_view title, const event::relation& table, event::row row,
                const encode::column_choice* columns) {
  fmt::format_to(std::back_inserter(to), ",\"{}\":[", title);
  for (std::size_t n = 0; n < row.size(); ++n) {
    to += n == 0 ? "{\"column\":" : ",{\"column\":";
    append_name(to, n < table.columns.size() ? std::string_view{table.columns[n].name} : std::string_view{});
    if (hides(columns, table, n)) {
      to += ",\"is\":\"hidden\"}";
      continue;
    }
    switch (row[n].is) {
      case event::value::state::null:
        to += ",\"is\":\"null\"}";
        break;
      case event::value::state::unchanged:
        to += ",\"is\":\"unchanged\"}";
        break;
      case event::value::state::text:
        to += ",\"base64\":\"";
        append_base64(to, row[n].text);
        to += "\"}";
        break;
    }
  }
  to += ']';
}

}  // namespace

dead_letter::dead_letter(const event::record& what, const event::refusal& why, const origin_of_letter& from,
                         std::int64_t time_ms)
    : what_(what) {
  own_ = {{std::string{first_letter_header}, why.code},  {"weir.error", why.sentence},
          {"weir.listener", std::string{from.listener}}, {"weir.target", std::string{from.target}},
          {"weir.topic", std::string{from.topic}},       {"weir.time", std::to_string(time_ms)}};
  if (from.xid) own_.emplace_back("weir.xid", std::to_string(*from.xid));
  if (from.commit_time_ms) own_.emplace_back("weir.commit_time", std::to_string(*from.commit_time_ms));
  if (from.attempts) own_.emplace_back("weir.attempts", std::to_string(*from.attempts));
  if (from.holds_raw_row) own_.emplace_back("weir.content", "raw_row");
  if (what.partition_hash) own_.emplace_back("weir.partition_hash", std::to_string(*what.partition_hash));
  own_of_every_part_ = own_.size();
  for (const auto& each : what.headers) {
    if (each.name == "weir.position") at_ = event::position::parse(each.value).value_or(event::position{});
  }
}

std::size_t dead_letter::parts(std::size_t most) const {
  const auto size = what_.value ? what_.value->size() : 0;
  return std::max<std::size_t>(1, (size + most - 1) / most);
}

dead_letter_part dead_letter::part(std::size_t number, std::size_t most) {
  const auto all = parts(most);
  headers_.assign(what_.headers.begin(), what_.headers.end());
  own_.resize(own_of_every_part_);
  if (all > 1) {
    own_.emplace_back("weir.part", std::to_string(number + 1));
    own_.emplace_back("weir.parts", std::to_string(all));
  }
  for (const auto& [name, text] : own_) headers_.push_back({name, text});
  auto value = what_.value;
  if (value) value = value->substr(std::min(value->size(), number * most), most);
  return {{what_.key, value, headers_}, at_};
}

std::string raw_row(const event::change& what, const encode::column_choice* columns) {
  auto text = fmt::format("{{\"op\":\"{}\"", static_cast<char>(what.op));
  if (what.table == nullptr) {
    text += ",\"prefix\":";
    append_name(text, what.message_prefix);
    text += ",\"content\":";
    append_name(text, what.message_content);
  } else {
    text += ",\"schema\":";
    append_name(text, what.table->schema);
    text += ",\"table\":";
    append_name(text, what.table->name);
    if (what.before_is != event::old_row::none) append_row(text, "before", *what.table, what.before, columns);
    if (!what.after.empty()) append_row(text, "after", *what.table, what.after, columns);
  }
  text += '}';
  return text;
}

}  // namespace weir::pipeline
