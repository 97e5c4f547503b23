#pragma once

#include <event/relation.hpp>
#include <postgres/connection.hpp>
#include <postgres/table_patterns.hpp>

#include <optional>
#include <string>
#include <vector>

namespace weir::postgres {

/// Objects below are made by initdb; the server does not publish them (catalog.h: FirstNormalObjectId).
inline constexpr int first_ordinary_oid = 16384;

/// pg_class.relreplident. Throws weir::failure (corrupt, "protocol") for a letter that is none.
[[nodiscard]] event::replica_identity identity_of(const std::string& letter);

/// A table as the rules of publishing see it.
struct table {
  std::string schema;
  std::string name;
  event::replica_identity identity = event::replica_identity::by_default;
  bool has_primary_key = false;
  bool has_identity_index = false;         ///< of REPLICA IDENTITY USING INDEX; it may have been dropped since
  bool has_unpublished_generated = false;  ///< a generated column that the publication leaves out
  bool identity_holds_key = true;          ///< every old row brings the primary key, where there is one

  [[nodiscard]] std::string full_name() const { return schema + "." + name; }
};

/// Why UPDATE and DELETE on a published table would fail in the application that runs them; empty when they
/// would not. From 18 on FULL is no usable identity while a generated column is not published.
[[nodiscard]] std::string unusable_identity(const table& of, int server_version);

/// What the records of a table have for a key when it is not the primary key, as a sentence; empty when it is.
[[nodiscard]] std::string unusual_key(const table& of);

struct publication {
  std::string name;
  bool is_for_all_tables = false;
  bool inserts = false, updates = false, deletes = false, truncates = false;
};

async::awaitable<std::optional<publication>> read_publication(async::self me, connection& on, std::string name);
/// The tables that a publication publishes now: partitions, or their root when it says so.
async::awaitable<std::vector<table>> read_published_tables(async::self me, connection& on, std::string name);
/// Every table that could be published: permanent, ordinary or partitioned, no system table.
async::awaitable<std::vector<table>> read_all_tables(async::self me, connection& on);

/// Makes a publication of inserts, updates and deletes for the tables that `wanted` takes; for all tables,
/// later ones included, when it names none. Made only when every table that it would publish has a usable
/// replica identity: otherwise nothing is made and the failure (permanent, "replica_identity") lists them. A
/// name that is no table's, and patterns that together take no table, are failures too (permanent,
/// "unknown_table").
async::awaitable<> create_publication(async::self me, connection& on, std::string name,
                                      const table_patterns& wanted);

/// Throws weir::failure (permanent, "unknown_table") when a name, a pattern without `*`, is none of
/// `published`.
void check_patterns(const table_patterns& wanted, const std::vector<table>& published,
                    const std::string& where);

}  // namespace weir::postgres
