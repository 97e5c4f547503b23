#pragma once

#include <base/lsn.hpp>
#include <event/change.hpp>
#include <event/relation.hpp>
#include <pgoutput/relation_cache.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::pgoutput {

class reader;

/// What one message of the plugin means. Everything in it is a view that lives until the next `decode`, and not
/// longer than the message.
struct step {
  enum class kind : std::uint8_t {
    nothing,    ///< TYPE, ORIGIN, or a RELATION that says what is known already
    began,      ///< `transaction` is open
    committed,  ///< `transaction` is over; `end` is what may be confirmed once it is settled
    changes,    ///< one change, or one for each table of a TRUNCATE
    announced,  ///< a new or changed table, or one whose key may be another: complete `decoder::announced()`,
                ///< then `adopt()`, before the next decode
  };
  kind is = kind::nothing;
  const event::transaction* transaction = nullptr;  ///< began, committed
  lsn end;                                          ///< committed: COMMIT's end_lsn
  std::span<const event::change> changes;
};

/// Decodes pgoutput's protocol 1 with text values and logical messages. One object for one connection: the
/// server remembers what it has defined on it. Allocates nothing for a change; values are views into the
/// message.
///
/// `decode` throws weir::failure (corrupt, "protocol") on anything unknown, short, too long or out of order;
/// the sentence holds the LSN, the kind of message and the offset. Nothing may be decoded after that.
class decoder {
 public:
  explicit decoder(std::uint32_t timeline) : timeline_(timeline) {}
  decoder(const decoder&) = delete;  // changes point into it
  decoder& operator=(const decoder&) = delete;

  /// `at` is the frame's `xlog_data::start`.
  [[nodiscard]] step decode(std::string_view message, lsn at);

  /// After `kind::announced`: the table as the wire tells it; base_type_oid equals type_oid, `key` is empty and
  /// `version` is new for the life of the process. The caller fills in what only the catalog knows. A table
  /// that is announced again in the same words comes with what was filled in before.
  [[nodiscard]] event::relation& announced();
  /// From now on rows of the announced table can be decoded. Decoding before this call is a logic_error.
  std::shared_ptr<const event::relation> adopt();

  /// These tables are gone: no row of them is still to come, unless the server defines them anew.
  void forget(std::span<const std::uint32_t> oids);

  [[nodiscard]] bool is_in_transaction() const { return is_open_; }
  [[nodiscard]] const relation_cache& relations() const { return relations_; }

 private:
  step on_begin(reader& from);
  step on_commit(reader& from);
  step on_origin(reader& from);
  step on_relation(reader& from);
  step on_type(reader& from);
  step on_insert(reader& from);
  step on_update(reader& from);
  step on_remove(reader& from);
  step on_truncate(reader& from);
  step on_message(reader& from);

  const event::relation& table_of(reader& from) const;
  event::change& next_change(reader& from, event::operation op);
  void read_row(reader& from, const event::relation& table, std::vector<event::value>& into) const;
  step the_changes() const;

  std::uint32_t timeline_;
  bool is_open_ = false;
  std::uint64_t seq_ = 0;
  event::transaction transaction_;
  std::string origin_;

  relation_cache relations_;
  std::shared_ptr<event::relation> announced_;

  // Reused, so that a change costs no allocation.
  std::vector<event::value> before_;
  std::vector<event::value> after_;
  std::vector<event::change> changes_;
};

}  // namespace weir::pgoutput
