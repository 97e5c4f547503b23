#include <postgres/server_error.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace weir::postgres;

namespace {

struct caught {
  verdict decision;
  std::string reason;
  std::string sentence;
};

caught connect_error(std::string_view message, bool needs_password = false) {
  try {
    std::rethrow_exception(connect_failure(message, needs_password));
  } catch (const failure& why) {
    return {why.decision(), why.reason(), why.what()};
  }
}

}  // namespace

TEST_CASE("errors of the server are an operator's work, or pass by themselves") {
  struct row {
    const char* code;
    verdict decision;
    const char* reason;
  };
  for (const auto& [code, decision, reason] :
       {row{"28P01", verdict::permanent, "authentication"}, row{"28000", verdict::permanent, "authentication"},
        row{"3D000", verdict::permanent, "no_database"}, row{"42501", verdict::permanent, "permission"},
        row{"57P03", verdict::retry, "starting"}, row{"57P01", verdict::retry, "server_stopping"},
        row{"53300", verdict::retry, "too_many_connections"}, row{"55006", verdict::retry, "slot_in_use"},
        row{"08006", verdict::retry, "connection_lost"}, row{"XX000", verdict::retry, "server_error"}}) {
    INFO(code);
    CHECK(classify(code).decision == decision);
    CHECK(classify(code).reason == reason);
  }
}

TEST_CASE("the code of a refused connection is found in libpq's verbose message and not shown") {
  const auto why = connect_error(
      "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: password authentication failed "
      "for user "
      "\"weir\"\nLOCATION:  auth_failed, auth.c:326\n");
  CHECK(why.decision == verdict::permanent);
  CHECK(why.reason == "authentication");
  CHECK(why.sentence ==
        "PostgreSQL: connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  password authentication "
        "failed for "
        "user \"weir\"");
}

TEST_CASE("what libpq itself finds wrong is told apart") {
  CHECK(connect_error("connection to server at \"x\" failed: Connection refused\n").reason == "unreachable");
  CHECK(connect_error("server does not support SSL, but SSL was required").reason == "tls");
  CHECK(connect_error("SSL error: certificate verify failed").decision == verdict::retry);
  CHECK(connect_error("fe_sendauth: no password supplied", true).reason == "authentication");
  CHECK(connect_error("invalid sslmode value: \"maybe\"").decision == verdict::permanent);
  CHECK(connect_error("session is not in hot standby mode").decision == verdict::retry);
}
