#include <registry/answer.hpp>

#include <base/failure.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace weir::registry;

namespace {

enrolment read(unsigned status, std::string_view body) {
  return read_enrolment("http://registry", "t-value", status, body);
}

/// The reason of the failure that an answer is.
std::string reason(unsigned status, std::string_view body, verdict decision) {
  try {
    (void)read(status, body);
  } catch (const failure& why) {
    CHECK(why.decision() == decision);
    CHECK(std::string_view{why.what()}.find("http://registry") != std::string_view::npos);
    return why.reason();
  }
  return "none";
}

}  // namespace

TEST_CASE("a schema that is registered has an id") {
  CHECK(std::get<schema_id>(read(200, R"({"id":7,"version":2})")) == 7);
  CHECK(reason(200, R"({"id":-1})", verdict::permanent) == "registry_address");
  CHECK(reason(200, "<html>", verdict::permanent) == "registry_address");
}

TEST_CASE("a schema that is refused brings the registry's own sentence") {
  const auto conflict = std::get<refusal>(read(409, R"({"error_code":409,"message":"reader\nand writer"})"));
  CHECK(conflict.status == 409);
  CHECK(conflict.sentence == "reader and writer");
  CHECK(std::get<refusal>(read(422, R"({"error_code":42201,"message":"no schema"})")).sentence == "no schema");
  CHECK(std::get<refusal>(read(409, "")).sentence == "HTTP status 409 without a message");
  const auto endless = std::get<refusal>(read(409, R"({"message":")" + std::string(5000, 'x') + R"("})"));
  CHECK(endless.sentence == std::string(2048, 'x') + " ...");
}

TEST_CASE("what says nothing about the schema is a failure, by who can mend it") {
  CHECK(reason(500, R"({"error_code":50001,"message":"store"})", verdict::retry) == "registry_failing");
  CHECK(reason(503, "<html>", verdict::retry) == "registry_failing");
  CHECK(reason(429, "", verdict::retry) == "registry_failing");
  CHECK(reason(401, "", verdict::permanent) == "registry_authentication");
  CHECK(reason(403, "", verdict::permanent) == "registry_authorization");
  CHECK(reason(404, "", verdict::permanent) == "registry_address");
  CHECK(reason(302, "", verdict::permanent) == "registry_address");
  CHECK(reason(422, R"({"error_code":42205,"message":"READONLY"})", verdict::permanent) ==
        "registry_read_only");
}

TEST_CASE("a schema is asked for as a text inside of JSON") {
  CHECK(enrolment_body(R"({"type":"int"})") == R"({"schema":"{\"type\":\"int\"}"})");
}
