/// Whatever bytes come for a row of a COPY, they are either values that the server could have written, as many
/// as were asked for, or weir::failure (corrupt): no crash, no access outside of the row.

#include <base/failure.hpp>
#include <postgres/copy_text.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace weir;

void require(bool holds) {
  if (!holds) std::abort();
}

/// What the server writes for a value (CopyAttributeOutText).
void write(const event::value& value, std::string& to) {
  if (value.is == event::value::state::null) {
    to += "\\N";
    return;
  }
  constexpr std::string_view plain = "\b\f\n\r\t\v\\";
  constexpr std::string_view letters = "bfnrtv\\";
  for (const char byte : value.text) {
    const auto at = plain.find(byte);
    if (at == std::string_view::npos) {
      to += byte;
    } else {
      to += '\\';
      to += letters[at];
    }
  }
}

/// The values written again read as the same values.
void check(const std::vector<event::value>& values) {
  std::string line;
  for (const auto& each : values) {
    if (&each != &values.front()) line += '\t';
    write(each, line);
  }
  std::vector<event::value> again;
  postgres::read_copied_row(line, values.size(), again);
  for (std::size_t n = 0; n < values.size(); ++n) {
    require(again[n].is == values[n].is);
    require(again[n].text == values[n].text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t columns = bytes[0] % 8U;
  // In memory of exactly that size, so that the address sanitizer sees every step outside.
  std::vector<char> line(bytes + 1, bytes + size);
  std::vector<event::value> values;
  try {
    postgres::read_copied_row(line, columns, values);
  } catch (const failure& why) {
    require(why.decision() == verdict::corrupt);
    return 0;
  }
  require(values.size() == columns);
  if (columns > 0) check(values);
  return 0;
}
