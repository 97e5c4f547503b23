#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What consumers of Debezium's PostgreSQL connector see, as a table: situations and records. The facts were
/// observed on Debezium 3.6.0.Final (embedded engine, pgoutput, JSON without schemas) with PostgreSQL 15; most
/// situations are those of the connector's own tests (github.com/debezium/debezium, Apache-2.0), told anew.
/// Each case keeps the id of that observation.
namespace weir::behaviour {

/// One record. `before` and `after` are JSON text, compared to the letter; a record of op T has no value.
struct wanted_record {
  std::string topic;  ///< without prefix and schema
  char op;
  std::optional<std::string> key;
  std::string before = "null";
  std::string after = "null";
  std::map<std::string, std::string> headers =
      {};  ///< those whose name begins with __debezium.newkey or oldkey
};

/// A statement that the server has to refuse, with this SQLSTATE; without one it has to pass.
struct step {
  std::string sql;
  std::string refused_with = {};
};

/// One situation, in a schema of its own that is first in the search path. All its steps run on one session.
struct situation {
  std::string id;
  std::vector<step> steps;
  std::vector<wanted_record> wanted;
  int from_version = 0;  ///< of PostgreSQL
};

/// What is the same whatever the settings are.
[[nodiscard]] std::vector<situation> common_situations();
/// Where Weir's own way is not Debezium's, each with its reason beside it.
[[nodiscard]] std::vector<situation> own_situations();
/// The same with WEIR_COMPAT=debezium.
[[nodiscard]] std::vector<situation> compat_situations();
/// With a publication that publishes TRUNCATE.
[[nodiscard]] std::vector<situation> truncate_situations();

}  // namespace weir::behaviour
