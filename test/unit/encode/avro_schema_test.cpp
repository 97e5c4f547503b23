#include "avro_trees.hpp"

#include <encode/avro_schema.hpp>
#include <encode/encode_error.hpp>

#include <fstream>
#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace weir::encode;
using namespace weir::encode::trees;

namespace {

std::string golden(const std::string& name) {
  std::ifstream from(std::string{WEIR_ENCODE_DATA} + "/" + name);
  std::string line;
  std::getline(from, line);
  return line;
}

}  // namespace

TEST_CASE("a schema of Connect becomes the Avro that Confluent's converter registers") {
  CHECK(avro_schema_text(structure("weir.public.all.Key", {{"id", of(kind::int32)}})) ==
        golden("avro_key.avsc"));
  CHECK(avro_schema_text(envelope()) == golden("avro_envelope.avsc"));
}

TEST_CASE("a schema without a name of its own takes the converter's") {
  CHECK(avro_schema_text(of(kind::string)) == R"("string")");
  CHECK(avro_schema_text(structure({}, {})) ==
        R"({"type":"record","name":"ConnectDefault","namespace":"io.confluent.connect.avro","fields":[]})");
}

TEST_CASE("names become what Avro allows, and what they were stays beside them") {
  CHECK(avro_name("order_2") == "order_2");
  CHECK(avro_name("2nd") == "_2nd");
  CHECK(avro_name("a-b c") == "a_b_c");
  CHECK(avro_name("prix\xE2\x82\xAC") == "prix_");
  CHECK(avro_name("a.b") == "a_b");
  CHECK(avro_name("") == "_");
  CHECK(avro_name("shop-1.public.2nd.Value", true) == "shop_1.public._2nd.Value");
  CHECK(avro_schema_text(structure("shop-1.public.t.Key", {{"my-id", of(kind::int32)}})) ==
        R"({"type":"record","name":"Key","namespace":"shop_1.public.t",)"
        R"("fields":[{"name":"my_id","type":"int"}],"connect.name":"shop-1.public.t.Key"})");
}

TEST_CASE("what Avro cannot tell apart is refused") {
  CHECK_THROWS_AS(avro_schema_text(structure("a.b", {{"x-y", of(kind::int32)}, {"x_y", of(kind::int32)}})),
                  encode_error);
  const auto one = structure("a.b", {{"x", of(kind::int32)}});
  const auto other = structure("a.b", {{"x", of(kind::string)}});
  CHECK_NOTHROW(avro_schema_text(structure("c.d", {{"one", one}, {"other", optional(one)}})));
  CHECK_THROWS_AS(avro_schema_text(structure("c.d", {{"one", one}, {"other", other}})), encode_error);
  auto by_number = map_of(of(kind::string));
  by_number.keys = std::make_shared<const connect_schema>(of(kind::int32));
  CHECK_THROWS_AS(avro_schema_text(by_number), encode_error);
}
