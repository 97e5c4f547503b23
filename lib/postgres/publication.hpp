#pragma once

#include <event/relation.hpp>
#include <postgres/connection.hpp>
#include <postgres/table_patterns.hpp>

#include <optional>
#include <string>
#include <vector>

namespace weir::postgres {

/// A table as the rules of publishing see it.
struct table {
  std::string schema;
  std::string name;
  event::replica_identity identity = event::replica_identity::by_default;
  bool has_primary_key = false;
  bool has_identity_index = false;         ///< of REPLICA IDENTITY USING INDEX; it may have been dropped since
  bool has_unpublished_generated = false;  ///< a generated column that the publication leaves out

  [[nodiscard]] std::string full_name() const { return schema + "." + name; }
};

/// Why UPDATE and DELETE on a published table would fail in the application that runs them; empty when they
/// would not. From 18 on FULL is no usable identity while a generated column is not published.
[[nodiscard]] std::string unusable_identity(const table& of, int server_version);

struct publication {
  std::string name;
  bool is_for_all_tables = false;
  bool inserts = false, updates = false, deletes = false, truncates = false;
};

async::awaitable<std::optional<publication>> read_publication(async::self me, connection& on, std::string name);
/// The tables that a publication holds now, partitions under their root when it says so.
async::awaitable<std::vector<table>> read_published_tables(async::self me, connection& on, std::string name);
/// Every permanent table that could be published: ordinary and partitioned, no system table.
async::awaitable<std::vector<table>> read_all_tables(async::self me, connection& on);

/// The statement that makes a publication of exactly `tables` for inserts, updates and deletes.
/// Empty `tables`: for all tables.
[[nodiscard]] std::string create_publication_sql(const connection& on, const std::string& name,
                                                 const std::vector<table>& tables);

}  // namespace weir::postgres
