#include <support/avro_reader.hpp>

#include <fmt/format.h>

#include <iterator>

namespace weir::support {
namespace {

constexpr std::chrono::seconds read_bound{60};

/// Debian's own interpreter: python3-avro is installed for that one.
command reader() {
  return {.arguments = {"/usr/bin/python3", WEIR_SOURCE_DIR "/test/support/avro_reader.py"},
          .output = "/dev/stderr",
          .has_pipes = true};
}

std::string json_text(std::string_view text) {
  std::string made = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20U) {
      fmt::format_to(std::back_inserter(made), "\\u{:04x}", c);
      continue;
    }
    if (c == '"' || c == '\\') made += '\\';
    made += c;
  }
  return made + '"';
}

}  // namespace

avro_reader::avro_reader() : process_(reader()) {}

std::string avro_reader::read(std::string_view schema, std::string_view binary) {
  std::string line = fmt::format(R"({{"schema":{},"hex":")", json_text(schema));
  for (const char c : binary) fmt::format_to(std::back_inserter(line), "{:02x}", static_cast<unsigned char>(c));
  process_.write_line(line + "\"}");
  return process_.read_line(read_bound);
}

}  // namespace weir::support
