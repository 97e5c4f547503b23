#include "cases.hpp"

#include <fmt/format.h>

namespace weir::behaviour {
namespace {

using headers = std::map<std::string, std::string>;

constexpr auto unavailable = R"("__debezium_unavailable_value")";
/// Too long for a row, and kept as it is: it goes to the TOAST table.
constexpr auto large = "repeat('0123456789', 900)";

std::string large_text() {
  std::string text;
  for (int n = 0; n < 900; ++n) text += "0123456789";
  return '"' + text + '"';
}

headers new_key(const std::string& key) { return {{"__debezium.newkey", key}}; }
headers old_key(const std::string& key) { return {{"__debezium.oldkey", key}}; }

std::vector<situation> rows() {
  return {
      {.id = "ins-1",
       .steps = {{"create table t(id int primary key, name text, n int)"},
                 {"insert into t values (1, 'Ann', 5), (2, null, null)"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"name":"Ann","n":5})"},
                  {"t", 'c', R"({"id":2})", "null", R"({"id":2,"name":null,"n":null})"}}},
      {.id = "upd-1",
       .steps = {{"create table t(id int primary key, name text, n int)"},
                 {"insert into t values (1, 'Ann', 1)"},
                 {"update t set n = 2"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"name":"Ann","n":1})"},
                  {"t", 'u', R"({"id":1})", "null", R"({"id":1,"name":"Ann","n":2})"}}},
      {.id = "upd-6",
       .steps = {{"create table t(id int primary key, a int)"},
                 {"create function add_one() returns trigger language plpgsql as $$ begin new.a := new.a + 1; "
                  "return new; end $$"},
                 {"create trigger before_insert before insert on t for each row execute function add_one()"},
                 {"insert into t values (1, 1)"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"a":2})"}}},
      {.id = "del-2",
       .steps = {{"create table t(id int primary key, name text)"},
                 {"alter table t replica identity full"},
                 {"insert into t values (1, 'Ann')"},
                 {"delete from t"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"name":"Ann"})"},
                  {"t", 'd', R"({"id":1})", R"({"id":1,"name":"Ann"})"},
                  {"t", 'T', R"({"id":1})"}}},
      {.id = "tx-1",
       .steps =
           {{"create table t(id int primary key)"},
            {"begin; insert into t values (1); rollback"},
            {"begin; insert into t values (2); savepoint s; insert into t values (3); rollback to s; insert "
             "into t values (4); commit"}},
       .wanted = {{"t", 'c', R"({"id":2})", "null", R"({"id":2})"},
                  {"t", 'c', R"({"id":4})", "null", R"({"id":4})"}}},
      {.id = "two-phase: a prepared transaction is its commit, and nothing when it is rolled back",
       .steps = {{"create table t(id int primary key)"},
                 {"begin; insert into t values (1); prepare transaction 'gone'"},
                 {"begin; insert into t values (2); insert into t values (3); prepare transaction 'kept'"},
                 {"insert into t values (4)"},
                 {"rollback prepared 'gone'"},
                 {"commit prepared 'kept'"}},
       .wanted = {{"t", 'c', R"({"id":4})", "null", R"({"id":4})"},
                  {"t", 'c', R"({"id":2})", "null", R"({"id":2})"},
                  {"t", 'c', R"({"id":3})", "null", R"({"id":3})"}}},
  };
}

std::vector<situation> keys() {
  return {
      {.id = "pk-1",
       .steps = {{"create table t(id int primary key, name text)"},
                 {"insert into t values (1, 'a')"},
                 {"update t set id = 2, name = 'b'"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"name":"a"})"},
                  {"t", 'd', R"({"id":1})", R"({"id":1,"name":null})", "null", new_key(R"({"id":2})")},
                  {"t", 'T', R"({"id":1})", "null", "null", new_key(R"({"id":2})")},
                  {"t", 'c', R"({"id":2})", "null", R"({"id":2,"name":"b"})", old_key(R"({"id":1})")}}},
      {.id = "pk-2",
       .steps = {{"create table t(id int primary key, name text)"},
                 {"alter table t replica identity full"},
                 {"insert into t values (1, 'a')"},
                 {"update t set id = 2"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"name":"a"})"},
                  {"t", 'd', R"({"id":1})", R"({"id":1,"name":"a"})", "null", new_key(R"({"id":2})")},
                  {"t", 'T', R"({"id":1})", "null", "null", new_key(R"({"id":2})")},
                  {"t", 'c', R"({"id":2})", "null", R"({"id":2,"name":"a"})", old_key(R"({"id":1})")}}},
      {.id = "pk-3",
       .steps = {{"create table t(a int, b text, c text, primary key (c, a))"},
                 {"insert into t values (1, 'y', 'x')"},
                 {"create table u(x int not null, y int not null, v text)"},
                 {"create unique index u_by on u(y, x)"},
                 {"alter table u replica identity using index u_by"},
                 {"insert into u values (1, 2, 'v')"},
                 {"delete from u"}},
       .wanted = {{"t", 'c', R"({"c":"x","a":1})", "null", R"({"a":1,"b":"y","c":"x"})"},
                  {"u", 'c', R"({"y":2,"x":1})", "null", R"({"x":1,"y":2,"v":"v"})"},
                  {"u", 'd', R"({"y":2,"x":1})", R"({"x":1,"y":2,"v":null})"},
                  {"u", 'T', R"({"y":2,"x":1})"}}},
      {.id = "key-1",
       .steps = {{"create table t(a int, b text)"}, {"insert into t values (1, 'x')"}},
       .wanted = {{"t", 'c', std::nullopt, "null", R"({"a":1,"b":"x"})"}}},
      {.id = "key-4",
       .steps = {{"create table t(a int)"}, {"insert into t values (1)"}, {"update t set a = 2", "55000"}},
       .wanted = {{"t", 'c', std::nullopt, "null", R"({"a":1})"}}},
      {.id = "key-6",
       .steps = {{"create table t(id int primary key, n int)"},
                 {"alter table t replica identity nothing"},
                 {"insert into t values (1, 1)"},
                 {"update t set n = 2", "55000"},
                 {"delete from t", "55000"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"n":1})"}}},
      {.id = "ddl-4",
       .steps =
           {{"begin; create table gone(id int primary key, v text); insert into gone values (1, 'a'); drop "
             "table gone; commit"},
            {"begin; create table early(id int primary key, v text); insert into early values (2, 'b'); alter "
             "table early rename to late; commit"}},
       .wanted = {{"gone", 'c', R"({"id":1})", "null", R"({"id":1,"v":"a"})"},
                  {"early", 'c', R"({"id":2})", "null", R"({"id":2,"v":"b"})"}}},
  };
}

std::vector<situation> large_values() {
  return {
      {.id = "toast-2",
       .steps = {{"create table t(id int primary key, n int, big text)"},
                 {"alter table t alter big set storage external"},
                 {"alter table t replica identity full"},
                 {fmt::format("insert into t values (1, 1, {})", large)},
                 {"update t set n = 2"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", fmt::format(R"({{"id":1,"n":1,"big":{}}})", large_text())},
                  {"t", 'u', R"({"id":1})", fmt::format(R"({{"id":1,"n":1,"big":{}}})", large_text()),
                   fmt::format(R"({{"id":1,"n":2,"big":{}}})", large_text())}}},
      {.id = "toast-3",
       .steps = {{"create table t(id int primary key, big text)"},
                 {"alter table t alter big set storage external"},
                 {fmt::format("insert into t values (1, {})", large)},
                 {"update t set id = 2"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", fmt::format(R"({{"id":1,"big":{}}})", large_text())},
                  {"t", 'd', R"({"id":1})", R"({"id":1,"big":null})", "null", new_key(R"({"id":2})")},
                  {"t", 'T', R"({"id":1})", "null", "null", new_key(R"({"id":2})")},
                  {"t", 'c', R"({"id":2})", "null", fmt::format(R"({{"id":2,"big":{}}})", unavailable),
                   old_key(R"({"id":1})")}}},
      {.id = "toast-6",
       .steps = {{"create table t(id int primary key, n int, big text)"},
                 {"alter table t alter big set storage external"},
                 {fmt::format("insert into t values (1, 1, 'a' || {})", large)},
                 {"update t set n = 2"},
                 {fmt::format("update t set big = {}", large)},
                 {"update t set big = null"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null",
                   fmt::format(R"({{"id":1,"n":1,"big":"a{}}})", large_text().substr(1))},
                  {"t", 'u', R"({"id":1})", "null", fmt::format(R"({{"id":1,"n":2,"big":{}}})", unavailable)},
                  {"t", 'u', R"({"id":1})", "null", fmt::format(R"({{"id":1,"n":2,"big":{}}})", large_text())},
                  {"t", 'u', R"({"id":1})", "null", R"({"id":1,"n":2,"big":null})"}}},
  };
}

std::vector<situation> definitions() {
  return {
      {.id = "trunc-1 (the publication that Weir makes leaves TRUNCATE out)",
       .steps = {{"create table t(id int primary key)"},
                 {"insert into t values (1)"},
                 {"truncate t"},
                 {"insert into t values (2)"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1})"},
                  {"t", 'c', R"({"id":2})", "null", R"({"id":2})"}}},
      {.id = "part-1",
       .steps = {{"create table p(id int, k text, v int, primary key (id, k)) partition by list (k)"},
                 {"create table p_a partition of p for values in ('a')"},
                 {"create table p_b partition of p for values in ('b')"},
                 {"insert into p values (1, 'a', 10), (2, 'b', 20)"},
                 {"update p set k = 'b' where id = 1"}},
       .wanted = {{"p_a", 'c', R"({"id":1,"k":"a"})", "null", R"({"id":1,"k":"a","v":10})"},
                  {"p_b", 'c', R"({"id":2,"k":"b"})", "null", R"({"id":2,"k":"b","v":20})"},
                  {"p_a", 'd', R"({"id":1,"k":"a"})", R"({"id":1,"k":"a","v":null})"},
                  {"p_a", 'T', R"({"id":1,"k":"a"})"},
                  {"p_b", 'c', R"({"id":1,"k":"b"})", "null", R"({"id":1,"k":"b","v":10})"}}},
      {.id = "inh-1",
       .steps = {{"create table parent(id int primary key, a text)"},
                 {"create table child(b int, primary key (id)) inherits (parent)"},
                 {"insert into parent values (1, 'p')"},
                 {"insert into child values (2, 'c', 3)"}},
       .wanted = {{"parent", 'c', R"({"id":1})", "null", R"({"id":1,"a":"p"})"},
                  {"child", 'c', R"({"id":2})", "null", R"({"id":2,"a":"c","b":3})"}}},
      {.id = "ddl-1",
       .steps = {{"create table t(id int primary key, a text, n int)"},
                 {"insert into t values (1, 'a', 1)"},
                 {"alter table t add b text default 'dd'"},
                 {"update t set n = 2"},
                 {"alter table t drop a"},
                 {"update t set n = 3"},
                 {"alter table t rename b to c"},
                 {"update t set n = 4"},
                 {"alter table t alter n type text"},
                 {"update t set c = 'ee'"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"a":"a","n":1})"},
                  {"t", 'u', R"({"id":1})", "null", R"({"id":1,"a":"a","n":2,"b":"dd"})"},
                  {"t", 'u', R"({"id":1})", "null", R"({"id":1,"n":3,"b":"dd"})"},
                  {"t", 'u', R"({"id":1})", "null", R"({"id":1,"n":4,"c":"dd"})"},
                  {"t", 'u', R"({"id":1})", "null", R"({"id":1,"n":"4","c":"ee"})"}}},
      {.id = "ddl-2",
       .steps =
           {{"create table t(id int primary key)"},
            {"begin; insert into t values (1); alter table t add z int; insert into t values (2, 44); commit"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1})"},
                  {"t", 'c', R"({"id":2})", "null", R"({"id":2,"z":44})"}}},
      {.id = "ddl-3",
       .steps = {{"create table t(id int primary key)"},
                 {"insert into t values (1)"},
                 {"alter table t rename to t2"},
                 {"insert into t2 values (2)"},
                 {"create table newt(id int primary key)"},
                 {"insert into newt values (3)"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1})"},
                  {"t2", 'c', R"({"id":2})", "null", R"({"id":2})"},
                  {"newt", 'c', R"({"id":3})", "null", R"({"id":3})"}}},
      {.id = "ddl-5",
       .steps = {{"create type mood as enum ('a', 'b')"},
                 {"create table t(id int primary key, m mood)"},
                 {"insert into t values (1, 'a')"},
                 {"alter type mood add value 'c'"},
                 {"insert into t values (2, 'c')"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"m":"a"})"},
                  {"t", 'c', R"({"id":2})", "null", R"({"id":2,"m":"c"})"}}},
      {.id = "gen-1",
       .steps = {{"create table t(id int primary key, a int, g int generated always as (a * 2) stored)"},
                 {"insert into t values (1, 3)"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"a":3})"}}},
  };
}

void append(std::vector<situation>& to, std::vector<situation> more) {
  for (auto& each : more) to.push_back(std::move(each));
}

}  // namespace

std::vector<situation> common_situations() {
  auto all = rows();
  append(all, keys());
  append(all, large_values());
  append(all, definitions());
  return all;
}

std::vector<situation> own_situations() {
  return {
      // A delete brings nothing but the identity, so only its columns can be the key of every record.
      {.id = "idx-1",
       .steps = {{"create table t(id int primary key, code text not null, n int)"},
                 {"create unique index t_code on t(code)"},
                 {"alter table t replica identity using index t_code"},
                 {"insert into t values (1, 'k', 1)"},
                 {"update t set n = 2"},
                 {"delete from t"}},
       .wanted = {{"t", 'c', R"({"code":"k"})", "null", R"({"id":1,"code":"k","n":1})"},
                  {"t", 'u', R"({"code":"k"})", "null", R"({"id":1,"code":"k","n":2})"},
                  {"t", 'd', R"({"code":"k"})", R"({"id":null,"code":"k","n":null})"},
                  {"t", 'T', R"({"code":"k"})"}}},
      // The key is the identity's, and it did change; no id is made up.
      {.id = "idx-2",
       .steps = {{"create table t(id int primary key, code text not null)"},
                 {"create unique index t_code on t(code)"},
                 {"alter table t replica identity using index t_code"},
                 {"insert into t values (1, 'k')"},
                 {"update t set code = 'k2'"}},
       .wanted = {{"t", 'c', R"({"code":"k"})", "null", R"({"id":1,"code":"k"})"},
                  {"t", 'd', R"({"code":"k"})", R"({"id":null,"code":"k"})", "null",
                   new_key(R"({"code":"k2"})")},
                  {"t", 'T', R"({"code":"k"})", "null", "null", new_key(R"({"code":"k2"})")},
                  {"t", 'c', R"({"code":"k2"})", "null", R"({"id":1,"code":"k2"})",
                   old_key(R"({"code":"k"})")}}},
      // What the server did not send is null, also in a NOT NULL column.
      {.id = "del-4",
       .steps = {{"create table t(id int primary key, b text not null default 'x', w int not null default 3)"},
                 {"insert into t values (1, 'y', 4)"},
                 {"delete from t"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"b":"y","w":4})"},
                  {"t", 'd', R"({"id":1})", R"({"id":1,"b":null,"w":null})"},
                  {"t", 'T', R"({"id":1})"}}},
      // NULL stays NULL.
      {.id = "def-1",
       .steps = {{"create table t(id int primary key, a int default 7)"}, {"insert into t values (1, null)"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"a":null})"}}},
      // A null record under no key says nothing.
      {.id = "key-2",
       .steps = {{"create table t(a int, b text)"},
                 {"alter table t replica identity full"},
                 {"insert into t values (1, 'x')"},
                 {"update t set b = 'y'"},
                 {"delete from t"}},
       .wanted = {{"t", 'c', std::nullopt, "null", R"({"a":1,"b":"x"})"},
                  {"t", 'u', std::nullopt, R"({"a":1,"b":"x"})", R"({"a":1,"b":"y"})"},
                  {"t", 'd', std::nullopt, R"({"a":1,"b":"y"})"}}},
  };
}

std::vector<situation> compat_situations() {
  return {
      {.id = "del-4",
       .steps = {{"create table t(id int primary key, b text not null default 'x', w int not null default 3)"},
                 {"insert into t values (1, 'y', 4)"},
                 {"delete from t"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"b":"y","w":4})"},
                  {"t", 'd', R"({"id":1})", R"({"id":1,"b":"x","w":3})"},
                  {"t", 'T', R"({"id":1})"}}},
      {.id = "def-1",
       .steps = {{"create table t(id int primary key, a int default 7)"}, {"insert into t values (1, null)"}},
       .wanted = {{"t", 'c', R"({"id":1})", "null", R"({"id":1,"a":7})"}}},
      {.id = "toast-4",
       .steps =
           {{"create table t(id int primary key, n int, b bytea, i int[], x text[], j jsonb)"},
            {"alter table t alter b set storage external, alter i set storage external, alter x set storage "
             "external, alter j set storage external"},
            {fmt::format("insert into t select 1, 1, convert_to({0}, 'UTF8'), array_agg(m), array[{0}], "
                         "to_jsonb({0}) from generate_series(1, 3000) m",
                         large)},
            {"delete from t where false"},
            {"update t set n = 2"}},
       .wanted =
           {{"t", 'c', R"({"id":1})", "null", "*"},
            {"t", 'u', R"({"id":1})", "null",
             R"({"id":1,"n":2,"b":"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==",)"
             R"("i":[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,)"
             R"(97,108,117,101],"x":["__debezium_unavailable_value"],"j":"__debezium_unavailable_value"})"}}},
  };
}

std::vector<situation> truncate_situations() {
  return {
      {.id = "trunc-2",
       .steps = {{"create table a(id int primary key)"},
                 {"create table b(id int primary key)"},
                 {"create table c(id serial primary key)"},
                 {"insert into a values (1)"},
                 {"truncate a, b, c restart identity"}},
       .wanted = {{"a", 'c', R"({"id":1})", "null", R"({"id":1})"},
                  {"a", 't', std::nullopt},
                  {"b", 't', std::nullopt},
                  {"c", 't', std::nullopt}}},
      {.id = "trunc-3",
       .steps = {{"create table a(id int primary key)"},
                 {"create table b(id int primary key, a_id int references a)"},
                 {"truncate a cascade"}},
       .wanted = {{"a", 't', std::nullopt}, {"b", 't', std::nullopt}}},
  };
}

}  // namespace weir::behaviour
