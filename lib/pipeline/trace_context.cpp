#include <pipeline/trace_context.hpp>

#include <algorithm>

namespace weir::pipeline {
namespace {

constexpr std::size_t whole = 55;
constexpr std::string_view known_version = "00";
constexpr std::string_view forbidden_version = "ff";

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_hex(std::string_view digits) { return std::all_of(digits.begin(), digits.end(), is_lower_hex); }

bool is_zero(std::string_view digits) { return digits.find_first_not_of('0') == std::string_view::npos; }

/// The lowest bit of the last digit.
bool is_sampled(std::string_view flags) {
  const char last = flags.back();
  return ((last <= '9' ? last - '0' : last - 'a' + 10) & 1) != 0;
}

}  // namespace

std::optional<traceparent> traceparent::parse(std::string_view text) {
  if (text.size() < whole || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto version = text.substr(0, 2);
  const auto trace = text.substr(3, 32);
  const auto parent = text.substr(36, 16);
  const auto flags = text.substr(53, 2);
  if (!is_hex(version) || !is_hex(trace) || !is_hex(parent) || !is_hex(flags)) return std::nullopt;
  if (version == forbidden_version || is_zero(trace) || is_zero(parent)) return std::nullopt;
  const bool is_known = version == known_version;
  const bool has_more = text.size() > whole;
  if (has_more && (is_known || text[whole] != '-')) return std::nullopt;

  traceparent read;
  std::copy_n(text.begin(), whole, read.text_.begin());
  if (!is_known) {
    std::copy(known_version.begin(), known_version.end(), read.text_.begin());
    read.text_[53] = '0';
    read.text_[54] = is_sampled(flags) ? '1' : '0';
  }
  return read;
}

bool trace_context::notice(const event::change& what) {
  const bool is_ours = what.op == event::operation::message && what.within != nullptr &&
                       what.message_prefix == traceparent::name;
  if (!is_ours) return false;
  if (const auto read = traceparent::parse(what.message_content)) current_ = read;
  return true;
}

}  // namespace weir::pipeline
