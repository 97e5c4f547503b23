#include <registry/answer.hpp>

#include <base/failure.hpp>
#include <encode/json_text.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <limits>

namespace weir::registry {
namespace {

constexpr unsigned ok = 200;
constexpr unsigned unauthorized = 401;
constexpr unsigned forbidden = 403;
constexpr unsigned request_timeout = 408;
constexpr unsigned conflict = 409;
constexpr unsigned unprocessable = 422;
constexpr unsigned too_many_requests = 429;
constexpr unsigned server_error = 500;

/// Confluent's own code for a subject that is in the mode READONLY, a 422 that says nothing about the schema.
constexpr std::int64_t operation_not_permitted = 42205;

/// A sentence is a header of every dead letter: a registry that lists a whole schema in it is cut short.
constexpr std::size_t longest_sentence = 2048;

struct error_body {
  std::int64_t code = 0;
  std::string message;
};

/// Cut at a character's end, without line breaks: it stands in logs and headers.
std::string one_line(std::string_view text) {
  auto size = std::min(text.size(), longest_sentence);
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  std::string line{text.substr(0, size)};
  if (size < text.size()) line += " ...";
  std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20U; }, ' ');
  return line;
}

error_body error_of(unsigned status, std::string_view body) {
  error_body made;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body.data(), body.size()).get(object) == simdjson::SUCCESS) {
    std::string_view message;
    if (object["message"].get(message) == simdjson::SUCCESS) made.message = one_line(message);
    if (object["error_code"].get(made.code) != simdjson::SUCCESS) made.code = 0;
  }
  if (made.message.empty()) made.message = fmt::format("HTTP status {} without a message", status);
  return made;
}

[[noreturn]] void raise(const std::string& where, unsigned status, const error_body& why) {
  const auto said = fmt::format("the schema registry at {} answers {}: {}", where, status, why.message);
  const auto permanent = [&](std::string reason, std::string_view remedy) {
    throw failure{verdict::permanent, std::move(reason), fmt::format("{}; {}", said, remedy)};
  };
  if (status == unauthorized) {
    permanent("registry_authentication", "check WEIR_SCHEMA_REGISTRY_USER and WEIR_SCHEMA_REGISTRY_PASSWORD");
  }
  if (status == forbidden) permanent("registry_authorization", "its user must be allowed to register schemas");
  if (status == unprocessable)
    permanent("registry_read_only", "allow writes for the subject, or register the schema yourself");
  if (status >= server_error || status == request_timeout || status == too_many_requests)
    throw failure{verdict::retry, "registry_failing", said};
  permanent("registry_address", "check WEIR_SCHEMA_REGISTRY: it is the address before /subjects");
  std::abort();
}

}  // namespace

enrolment read_enrolment(const std::string& where, const std::string& subject, unsigned status,
                         std::string_view body) {
  if (status == ok) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    std::uint64_t id = 0;
    const bool has_id = parser.parse(body.data(), body.size()).get(object) == simdjson::SUCCESS &&
                        object["id"].get(id) == simdjson::SUCCESS;
    if (has_id && id <= std::numeric_limits<schema_id>::max()) return static_cast<schema_id>(id);
    throw failure{verdict::permanent, "registry_address",
                  fmt::format("the schema registry at {} registered a schema for {} and named no id; check "
                              "WEIR_SCHEMA_REGISTRY: it is the address before /subjects",
                              where, subject)};
  }
  const auto why = error_of(status, body);
  if (status == conflict) return refusal{status, why.message};
  if (status == unprocessable && why.code != operation_not_permitted) return refusal{status, why.message};
  raise(where, status, why);
}

void read_subjects(const std::string& where, unsigned status, std::string_view body) {
  if (status != ok) raise(where, status, error_of(status, body));
  simdjson::dom::parser parser;
  simdjson::dom::array subjects;
  if (parser.parse(body.data(), body.size()).get(subjects) == simdjson::SUCCESS) return;
  throw failure{verdict::permanent, "registry_address",
                fmt::format("what answers at {} is no schema registry; check WEIR_SCHEMA_REGISTRY: it is the "
                            "address before /subjects",
                            where)};
}

std::string enrolment_body(std::string_view schema) {
  return fmt::format(R"({{"schema":{}}})", encode::json_string(schema));
}

}  // namespace weir::registry
