#include <postgres/catalog.hpp>
#include <postgres/catalog_column.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace weir::postgres;
using maybe = std::optional<std::string>;

TEST_CASE("a default that is one literal is known without asking anybody") {
  CHECK(constant_of("7") == maybe("7"));
  CHECK(constant_of("'-5'::integer") == maybe("-5"));
  CHECK(constant_of("0.0") == maybe("0.0"));
  CHECK(constant_of("'x'::text") == maybe("x"));
  CHECK(constant_of("''::character varying(10)") == maybe(""));
  CHECK(constant_of("'it''s'::text") == maybe("it's"));
  CHECK(constant_of(R"(E'back\\slash'::text)") == maybe("back\\slash"));
  CHECK(constant_of("B'101'::\"bit\"") == maybe("101"));
  CHECK(constant_of("true") == maybe("t"));
  CHECK(constant_of("false") == maybe("f"));
  CHECK(constant_of("'a'::\"Odd\".\"mood type\"") == maybe("a"));
  CHECK(constant_of("'{}'::integer[]") == maybe("{}"));
}

TEST_CASE("a default that has to be computed is not known") {
  for (const std::string_view each :
       {"", "now()", "nextval('t_id_seq'::regclass)", "NULL::text", "CURRENT_DATE", "(1 + 2)",
        "'a'::text || 'b'", "'open", "E'open\\\\", "('now'::text)::date", "-", "truefalse", "1 + 2"}) {
    CAPTURE(each);
    CHECK(constant_of(each) == std::nullopt);
  }
}

TEST_CASE("an array of text is taken apart as the server quotes it") {
  using texts = std::vector<std::string>;
  CHECK(texts_of("").empty());
  CHECK(texts_of("{V1,V2}") == texts{"V1", "V2"});
  CHECK(texts_of(R"({"a b","c,d","e\"f","g\\h",""})") == texts{"a b", "c,d", "e\"f", "g\\h", ""});
}

TEST_CASE("a column that was renamed since keeps what is true of its type") {
  event::relation wire;
  wire.columns = {{.name = "old", .type_oid = 16'500, .base_type_oid = 16'500}};
  catalog_column now{.name = "new", .type_oid = 16'500, .base_type_oid = 16'500};
  now.facts.type_name = "hstore";
  now.facts.is_required = true;
  now.facts.default_text = "x";
  complete(wire, std::vector{now});
  CHECK(wire.columns[0].type_name == "hstore");
  CHECK_FALSE(wire.columns[0].is_required);
  CHECK_FALSE(wire.columns[0].default_text.has_value());
}
