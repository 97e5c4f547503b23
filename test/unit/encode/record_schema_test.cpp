#include <encode/record_schema.hpp>
#include <encode/schema_text.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <map>
#include <string>

using namespace weir::encode;
using kind = connect_schema::kind;

namespace {

/// What Debezium and Kafka Connect wrote, by its name.
std::string measured(const std::string& name) {
  static const auto all = [] {
    std::map<std::string, std::string> read;
    std::ifstream file{WEIR_ENCODE_DATA "/connect-schemas.txt"};
    for (std::string line; std::getline(file, line);) {
      const auto tab = line.find('\t');
      read[line.substr(0, tab)] = line.substr(tab + 1);
    }
    return read;
  }();
  return all.at(name);
}

connect_schema plain(kind is, bool is_optional) {
  connect_schema made;
  made.is = is;
  made.is_optional = is_optional;
  return made;
}

connect_schema semantic(connect_schema of, std::string name, std::int32_t version = 1) {
  of.name = std::move(name);
  of.version = version;
  return of;
}

connect_schema with_default(connect_schema of, std::string json) {
  of.default_json = std::move(json);
  return of;
}

std::vector<connect_schema::field> two_keys() {
  return {{"b", plain(kind::string, false)}, {"a", plain(kind::int64, false)}};
}

/// The table `t` of data/README.md.
std::vector<connect_schema::field> all_kinds() {
  auto number = semantic(plain(kind::bytes, true), "org.apache.kafka.connect.data.Decimal");
  number.parameters = {{"scale", "2"}, {"connect.decimal.precision", "5"}};
  auto numbers = plain(kind::array, true);
  numbers.items = std::make_shared<const connect_schema>(plain(kind::int32, true));
  auto mood = with_default(semantic(plain(kind::string, true), "io.debezium.data.Enum"), R"("ok")");
  mood.parameters = {{"allowed", "sad,ok,it's"}};
  return {{"id", plain(kind::int32, false)},
          {"name", plain(kind::string, false)},
          {"n", number},
          {"d", with_default(plain(kind::float64, true), "1.5")},
          {"b", plain(kind::bytes, true)},
          {"ts", semantic(plain(kind::int64, true), "io.debezium.time.MicroTimestamp")},
          {"j", semantic(plain(kind::string, true), "io.debezium.data.Json")},
          {"a", numbers},
          {"s", with_default(plain(kind::string, false), R"("x")")},
          {"m", mood}};
}

std::string envelope_of(const std::string& base, const std::vector<connect_schema::field>& columns) {
  return schema_text(envelope_schema(base, row_schema(base, columns)));
}

}  // namespace

TEST_CASE("schemas of a table's records are Debezium's to the byte") {
  const auto base = schema_base("sch", "public", "two keys");
  CHECK(base == "sch.public.two_keys");
  CHECK(schema_text(key_schema(base, two_keys())) == measured("two keys key"));
  CHECK(envelope_of(base, two_keys()) == measured("two keys value"));
  CHECK(envelope_of("sch.public.t", all_kinds()) == measured("t value"));
  CHECK(envelope_of("sch.public.nokey", std::vector<connect_schema::field>{{"v", plain(kind::string, true)}}) ==
        measured("nokey value"));
}

TEST_CASE("schemas of what is no row are Debezium's to the byte") {
  CHECK(schema_text(message_key_schema()) == measured("message key"));
  CHECK(schema_text(message_value_schema()) == measured("message value"));
  CHECK(schema_text(transaction_key_schema()) == measured("transaction key"));
  CHECK(schema_text(transaction_value_schema()) == measured("transaction value"));
  CHECK(schema_text(heartbeat_key_schema()) == measured("heartbeat key"));
  CHECK(schema_text(heartbeat_value_schema()) == measured("heartbeat value"));
}

TEST_CASE("a schema's name has one character for each that a topic cannot have") {
  CHECK(schema_base("p", "a.b", "c-d_e") == "p.a.b.c-d_e");
  CHECK(schema_base("p", "s", "über \"x\"") == "p.s._ber__x_");
}

TEST_CASE("maps say what their keys and values are, and a schema opens what it describes") {
  auto map = plain(kind::map, true);
  map.keys = std::make_shared<const connect_schema>(plain(kind::string, false));
  map.items = std::make_shared<const connect_schema>(plain(kind::string, true));
  CHECK(schema_text(map) == R"({"type":"map","keys":{"type":"string","optional":false},)"
                            R"("values":{"type":"string","optional":true},"optional":true})");
  CHECK(schema_opening(plain(kind::int16, false)) ==
        R"({"schema":{"type":"int16","optional":false},"payload":)");
}
