#include <postgres/connect_plan.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>

#include <base/failure.hpp>

using namespace weir;
using namespace weir::postgres;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string parameter(const connect_plan& plan, const std::string& keyword) {
  for (const auto& [name, value] : plan.parameters(plan.hosts.front(), plan.targets.front())) {
    if (name == keyword) return value;
  }
  return "(none)";
}

}  // namespace

TEST_CASE("each host of a connection string is a place of its own") {
  const auto plan = connect_plan::make(
      "postgresql://u:p@db1:5433,10.0.0.2,[::1]:5435/shop?target_session_attrs=any", session::ordinary);
  REQUIRE(plan.hosts.size() == 3);
  CHECK(plan.hosts[0].host == "db1");
  CHECK(plan.hosts[0].port == "5433");
  CHECK(plan.hosts[0].needs_resolving());
  CHECK_FALSE(plan.hosts[1].needs_resolving());
  CHECK(plan.hosts[2].port == "5435");
  CHECK_FALSE(plan.hosts[2].needs_resolving());
  CHECK(plan.targets == std::vector<std::string>{"any"});
  CHECK(parameter(plan, "dbname") == "shop");
  CHECK(parameter(plan, "password") == "p");
  CHECK(parameter(plan, "replication") == "(none)");
}

TEST_CASE("an address that is given, a socket and no host at all need no name server") {
  CHECK_FALSE(connect_plan::make("host=db1 hostaddr=10.0.0.1", session::ordinary).hosts[0].needs_resolving());
  CHECK_FALSE(connect_plan::make("host=/run/postgresql", session::ordinary).hosts[0].needs_resolving());
  CHECK_FALSE(connect_plan::make("host=@abstract", session::ordinary).hosts[0].needs_resolving());
}

TEST_CASE("B9 the primary is asked for unless the string says otherwise") {
  CHECK(connect_plan::make("host=a", session::ordinary).targets == std::vector<std::string>{"primary"});
  CHECK(connect_plan::make("host=a target_session_attrs=standby", session::ordinary).targets ==
        std::vector<std::string>{"standby"});
  CHECK(connect_plan::make("host=a target_session_attrs=prefer-standby", session::ordinary).targets ==
        std::vector<std::string>{"standby", "any"});
}

TEST_CASE("B12 every session is pinned after what the string sets") {
  for (const auto kind : {session::ordinary, session::replication}) {
    const auto plan =
        connect_plan::make("host=a options='-c datestyle=German -c work_mem=1MB' client_encoding=LATIN1", kind);
    const auto options = parameter(plan, "options");
    CHECK_THAT(options, ContainsSubstring("work_mem=1MB"));
    CHECK(options.find("datestyle=German") < options.find("datestyle=ISO"));
    for (const auto* pinned : {"intervalstyle=postgres", "extra_float_digits=3", "bytea_output=hex",
                               "TimeZone=UTC", "lc_monetary=C", "search_path=", "statement_timeout=0"}) {
      CHECK_THAT(options, ContainsSubstring(pinned));
    }
    CHECK(parameter(plan, "client_encoding") == "UTF8");
    CHECK(parameter(plan, "replication") == (kind == session::replication ? "database" : "(none)"));
  }
}

TEST_CASE("a connection string that is not understood is refused without quoting it") {
  for (const auto* text :
       {"host=a password tiny-secret", "password='tiny-secret", "nonsense=tiny-secret",
        "postgresql://u:tiny-secret@[::1/db", "host=a,b port=1,2,3", "host=a,b hostaddr=10.0.0.1"}) {
    INFO(text);
    try {
      (void)connect_plan::make(text, session::ordinary);
      FAIL("it was understood");
    } catch (const failure& why) {
      CHECK(why.decision() == verdict::permanent);
      CHECK(why.reason() == "configuration");
      CHECK_THAT(why.what(), !ContainsSubstring("tiny-secret"));
    }
  }
}
