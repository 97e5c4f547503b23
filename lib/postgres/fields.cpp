#include <postgres/fields.hpp>

#include <fmt/format.h>

#include <charconv>

#include <base/failure.hpp>

namespace weir::postgres {
namespace {

[[noreturn]] void fail(std::string_view column, std::string_view text) {
  throw failure{verdict::corrupt, "protocol",
                fmt::format("PostgreSQL answered `{}` for {}, which Weir does not understand", text, column)};
}

}  // namespace

std::int64_t number_at(const result& in, std::size_t row, std::string_view column) {
  const auto text = in.text(row, column);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) fail(column, text);
  return value;
}

lsn lsn_at(const result& in, std::size_t row, std::string_view column) {
  const auto& cell = in.at(row, column);
  if (!cell) return {};
  const auto value = lsn::parse(*cell);
  if (!value) fail(column, *cell);
  return *value;
}

}  // namespace weir::postgres
