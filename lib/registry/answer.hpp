#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace weir::registry {

/// What the registry calls a schema; records carry it in four bytes.
using schema_id = std::uint32_t;

/// The registry will not have this schema for this subject, however often it is asked: it is not compatible
/// with the versions before it (409), or no schema at all (422).
struct refusal {
  unsigned status = 0;
  std::string sentence;  ///< the registry's own
};

/// What became of a schema that was to be registered.
using enrolment = std::variant<schema_id, refusal>;

/// Reads the answer to `POST /subjects/{subject}/versions` of the registry at `where`. Throws weir::failure for
/// what says nothing about the schema: retry for what may pass by itself (5xx, 408, 429), permanent for what an
/// operator has to mend (401 "registry_authentication", 403 "registry_authorization", 404 and the like
/// "registry_address", a subject that takes no writes "registry_read_only").
[[nodiscard]] enrolment read_enrolment(const std::string& where, const std::string& subject, unsigned status,
                                       std::string_view body);

/// Reads the answer to `GET /subjects`; throws as read_enrolment.
void read_subjects(const std::string& where, unsigned status, std::string_view body);

/// The body of `POST /subjects/{subject}/versions` for an Avro schema.
[[nodiscard]] std::string enrolment_body(std::string_view schema);

}  // namespace weir::registry
