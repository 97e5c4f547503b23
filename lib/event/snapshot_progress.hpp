#pragma once

#include <base/lsn.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::event {

/// Blocks of a table, by number; `end` is not among them.
struct block_range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  [[nodiscard]] bool is_empty() const { return begin >= end; }
  bool operator==(const block_range&) const = default;
};

/// Adds a range to those that are done. They stay in order, and what touches is one; an empty one adds nothing.
void add_range(std::vector<block_range>& to, block_range what);
/// What of `whole` is in none of `done`, which are in order.
[[nodiscard]] std::vector<block_range> missing_of(block_range whole, const std::vector<block_range>& done);

/// How far a table is; one that holds rows itself, so a partition and never its root.
struct table_progress {
  std::uint32_t oid = 0;
  std::string schema;
  std::string name;
  /// pg_relation_filenode: another one means that the rows moved, so that nothing that was read counts.
  std::uint32_t filenode = 0;
  bool is_done = false;
  std::vector<block_range> done;  ///< empty again once all is done
  std::uint64_t rows = 0;         ///< that were delivered, for people

  [[nodiscard]] std::string full_name() const { return schema + "." + name; }
  bool operator==(const table_progress&) const = default;
};

enum class snapshot_stage : std::uint8_t {
  planned,  ///< to be taken; nothing is read yet
  reading,  ///< some of it may be in the sink
  done,
};
[[nodiscard]] std::string_view to_string(snapshot_stage is);

/// What of a snapshot must survive the process. One record for each key `{database}/{slot}/snapshot`; the
/// highest (run, serial) counts, because a dead process may still write one late.
struct snapshot_progress {
  std::string system_identifier;  ///< whose blocks these are
  std::uint32_t timeline = 0;
  std::uint64_t run = 0;     ///< that wrote it
  std::uint64_t serial = 0;  ///< raised by one with every write
  snapshot_stage stage = snapshot_stage::planned;
  /// The snapshot that the first rows were read in; unset: none yet. Its oldest transaction that still ran,
  /// with its epoch, decides which rows a later reading must see again.
  lsn at;
  std::optional<std::uint64_t> oldest_xmin;
  /// Tables that `weir snapshot` asked for, "schema.table"; empty: every table of the publication.
  std::vector<std::string> wanted;
  /// Asked for while this snapshot was under way: taken after it.
  std::vector<std::string> queued;
  std::vector<table_progress> tables;  ///< in the order of the reading; empty while planned

  bool operator==(const snapshot_progress&) const = default;
};

/// {"stage":"reading","system_identifier":"7319...","timeline":1,"run":3,"serial":12,"lsn":"16/B374D848",
///  "oldest_xmin":734,"wanted":[],"queued":[],"tables":[{"oid":16384,"schema":"public","name":"t",
///  "filenode":16384,"done":false,"ranges":[[0,2048],[4096,6144]],"rows":40960}]}
[[nodiscard]] std::string to_json(const snapshot_progress& what);

/// Nothing when `document` is not that. Fields that it does not know are let pass: a newer Weir may have
/// written them.
[[nodiscard]] std::optional<snapshot_progress> snapshot_progress_from_json(std::string_view document);

}  // namespace weir::event
