#include <fmt/format.h>
#include <pgoutput/decoder.hpp>
#include <pgoutput/reader.hpp>

#include <stdexcept>
#include <utility>

namespace weir::pgoutput {
namespace {

// Bits of the wire.
constexpr std::uint8_t column_is_in_identity = 1;
constexpr std::uint8_t message_is_transactional = 1;
constexpr std::uint8_t truncate_cascades = 1;
constexpr std::uint8_t truncate_restarts_identity = 2;

event::replica_identity read_identity(reader& from) {
  switch (const char letter = from.letter("the replica identity"); letter) {
    case 'd':
      return event::replica_identity::by_default;
    case 'n':
      return event::replica_identity::nothing;
    case 'f':
      return event::replica_identity::full;
    case 'i':
      return event::replica_identity::index;
    default:
      from.refuse(fmt::format("the replica identity is byte {} where d, n, f and i are known", +letter));
  }
}

event::column read_column(reader& from) {
  event::column column;
  const auto flags = from.byte("a column's flags");
  if ((flags & ~column_is_in_identity) != 0) from.refuse(fmt::format("a column's flags are {:#x}", flags));
  column.is_identity = flags == column_is_in_identity;
  column.name = from.c_string("a column's name");
  column.type_oid = from.number<std::uint32_t>("a column's type");
  column.base_type_oid = column.type_oid;
  column.type_modifier = static_cast<std::int32_t>(from.number<std::uint32_t>("a column's type modifier"));
  return column;
}

/// pgoutput writes the schema pg_catalog as an empty name.
std::string_view read_schema(reader& from) {
  const auto name = from.c_string("the schema's name");
  return name.empty() ? std::string_view{"pg_catalog"} : name;
}

event::old_row read_old_kind(reader& from, char letter) {
  switch (letter) {
    case 'K':
      return event::old_row::identity;
    case 'O':
      return event::old_row::full;
    default:
      from.refuse(fmt::format("a row is marked with byte {} where K, O and N are known", +letter));
  }
}

/// By default the wire flags the primary key's columns, so another key is another definition. FULL flags all
/// and an index its own, whatever the primary key is.
bool has_key_on_the_wire(event::replica_identity identity) {
  switch (identity) {
    case event::replica_identity::by_default:
    case event::replica_identity::nothing:
      return true;
    case event::replica_identity::full:
    case event::replica_identity::index:
      return false;
  }
  return false;
}

}  // namespace

step decoder::decode(std::string_view message, lsn at) {
  if (announced_)
    throw std::logic_error{"pgoutput::decoder: the announced table was not adopted before the next decode"};
  // RELATION and TYPE come without an LSN of their own; the transaction's says where to look.
  reader from{message, at.is_set() || !is_open_ ? at : transaction_.final_lsn, "a message"};
  switch (const char kind = from.letter("the kind of the message"); kind) {
    case 'I':
      from.rename("an INSERT message ('I')");
      return on_insert(from);
    case 'U':
      from.rename("an UPDATE message ('U')");
      return on_update(from);
    case 'D':
      from.rename("a DELETE message ('D')");
      return on_remove(from);
    case 'B':
      from.rename("a BEGIN message ('B')");
      return on_begin(from);
    case 'C':
      from.rename("a COMMIT message ('C')");
      return on_commit(from);
    case 'R':
      from.rename("a RELATION message ('R')");
      return on_relation(from);
    case 'Y':
      from.rename("a TYPE message ('Y')");
      return on_type(from);
    case 'O':
      from.rename("an ORIGIN message ('O')");
      return on_origin(from);
    case 'T':
      from.rename("a TRUNCATE message ('T')");
      return on_truncate(from);
    case 'M':
      from.rename("a logical message ('M')");
      return on_message(from);
    // Streamed (2) and prepared (3) transactions: protocol 1 sends prepared ones all the same when the slot was
    // made with two_phase.
    case 'S':
    case 'E':
    case 'c':
    case 'A':
    case 'b':
    case 'P':
    case 'K':
    case 'r':
    case 'p':
      from.refuse(fmt::format(
          "kind '{}' belongs to streamed or prepared transactions, which were not asked for", kind));
    default:
      from.refuse(fmt::format("kind is byte {}", +kind));
  }
}

event::relation& decoder::announced() {
  if (!announced_) throw std::logic_error{"pgoutput::decoder: no table was announced"};
  return *announced_;
}

std::shared_ptr<const event::relation> decoder::adopt() {
  (void)announced();
  std::shared_ptr<const event::relation> table = std::exchange(announced_, nullptr);
  relations_.put(table);
  return table;
}

step decoder::on_begin(reader& from) {
  if (is_open_) from.refuse(fmt::format("the transaction of {} is still open", transaction_.final_lsn));
  event::transaction opened;
  opened.timeline = timeline_;
  opened.final_lsn = from.position("the commit's LSN");
  opened.commit_time = from.time("the commit's time");
  opened.xid = from.number<std::uint32_t>("the transaction's number");
  from.expect_end();
  if (!opened.final_lsn.is_set()) from.refuse("the commit's LSN is 0/0");
  transaction_ = opened;
  is_open_ = true;
  seq_ = 0;
  step result;
  result.is = step::kind::began;
  result.transaction = &transaction_;
  return result;
}

step decoder::on_commit(reader& from) {
  if (!is_open_) from.refuse("no transaction is open");
  if (const auto flags = from.byte("the flags"); flags != 0)
    from.refuse(fmt::format("its flags are {:#x}", flags));
  const auto commit = from.position("the commit's LSN");
  const auto end = from.position("the end LSN");
  (void)from.time("the commit's time");
  from.expect_end();
  if (commit != transaction_.final_lsn) {
    from.refuse(fmt::format("it commits {} but BEGIN announced {}", commit, transaction_.final_lsn));
  }
  if (end <= commit) from.refuse(fmt::format("it ends at {}, not after its start {}", end, commit));
  is_open_ = false;
  step result;
  result.is = step::kind::committed;
  result.transaction = &transaction_;
  result.end = end;
  return result;
}

step decoder::on_origin(reader& from) {
  if (!is_open_) from.refuse("no transaction is open");
  const auto at = from.position("the origin's LSN");
  const auto name = from.c_string("the origin's name");
  from.expect_end();
  origin_ = name;
  transaction_.origin = origin_;
  transaction_.origin_lsn = at;
  return {};
}

void decoder::forget(std::span<const std::uint32_t> oids) {
  for (const auto oid : oids) relations_.forget(oid);
}

step decoder::on_relation(reader& from) {
  auto table = std::make_shared<event::relation>();
  table->oid = from.number<std::uint32_t>("the table's OID");
  table->schema = read_schema(from);
  table->name = from.c_string("the table's name");
  table->identity = read_identity(from);
  const auto count = from.number<std::uint16_t>("the number of columns");
  for (unsigned n = 0; n < count; ++n) table->columns.push_back(read_column(from));
  from.expect_end();
  if (relations_.knows(*table)) {
    if (has_key_on_the_wire(table->identity)) return {};
    // What the catalog said before holds where it says nothing now.
    *table = *relations_.find(table->oid);
  }
  relations_.forget(table->oid);
  table->version = new_version();
  announced_ = std::move(table);
  step result;
  result.is = step::kind::announced;
  return result;
}

step decoder::on_type(reader& from) {
  (void)from.number<std::uint32_t>("the type's OID");
  (void)read_schema(from);
  (void)from.c_string("the type's name");
  from.expect_end();
  return {};
}

step decoder::on_insert(reader& from) {
  auto& row = next_change(from, event::operation::create);
  row.table = &table_of(from);
  if (const char mark = from.letter("the row's mark"); mark != 'N') {
    from.refuse(fmt::format("the row is marked with byte {} where N is known", +mark));
  }
  read_row(from, *row.table, after_);
  from.expect_end();
  row.after = after_;
  return the_changes();
}

step decoder::on_update(reader& from) {
  auto& row = next_change(from, event::operation::update);
  row.table = &table_of(from);
  auto mark = from.letter("the row's mark");
  if (mark != 'N') {
    row.before_is = read_old_kind(from, mark);
    read_row(from, *row.table, before_);
    row.before = before_;
    mark = from.letter("the new row's mark");
    if (mark != 'N') from.refuse(fmt::format("the new row is marked with byte {} where N is known", +mark));
  }
  read_row(from, *row.table, after_);
  from.expect_end();
  row.after = after_;
  return the_changes();
}

step decoder::on_remove(reader& from) {
  auto& row = next_change(from, event::operation::remove);
  row.table = &table_of(from);
  row.before_is = read_old_kind(from, from.letter("the row's mark"));
  read_row(from, *row.table, before_);
  from.expect_end();
  row.before = before_;
  return the_changes();
}

step decoder::on_truncate(reader& from) {
  if (!is_open_) from.refuse("no transaction is open");
  const auto count = from.number<std::uint32_t>("the number of tables");
  const auto options = from.byte("the options");
  if (count == 0) from.refuse("it names no table");
  if ((options & ~(truncate_cascades | truncate_restarts_identity)) != 0) {
    from.refuse(fmt::format("its options are {:#x}", options));
  }
  changes_.clear();
  for (std::uint32_t n = 0; n < count; ++n) {
    event::change emptied;
    emptied.op = event::operation::truncate;
    emptied.within = &transaction_;
    emptied.timeline = timeline_;
    emptied.seq = ++seq_;
    emptied.at = from.at();
    emptied.table = &table_of(from);
    emptied.cascades = (options & truncate_cascades) != 0;
    emptied.restarts_identity = (options & truncate_restarts_identity) != 0;
    changes_.push_back(emptied);
  }
  from.expect_end();
  return the_changes();
}

step decoder::on_message(reader& from) {
  const auto flags = from.byte("the flags");
  if ((flags & ~message_is_transactional) != 0) from.refuse(fmt::format("its flags are {:#x}", flags));
  const bool is_transactional = flags == message_is_transactional;
  // A message outside of transactions is a position of its own; in protocol 1 none can come inside of one.
  if (is_transactional != is_open_) {
    from.refuse(is_open_ ? "it stands outside of transactions but one is open" : "no transaction is open");
  }
  changes_.assign(1, {});
  auto& told = changes_.front();
  told.op = event::operation::message;
  told.timeline = timeline_;
  told.at = from.position("its LSN");
  told.message_prefix = from.c_string("its prefix");
  told.message_content = from.text("its content", from.number<std::uint32_t>("the size of its content"));
  from.expect_end();
  if (is_transactional) {
    told.within = &transaction_;
    told.seq = ++seq_;
  }
  return the_changes();
}

step decoder::the_changes() const {
  step result;
  result.is = step::kind::changes;
  result.changes = changes_;
  return result;
}

event::change& decoder::next_change(reader& from, event::operation op) {
  if (!is_open_) from.refuse("no transaction is open");
  changes_.assign(1, {});
  auto& next = changes_.front();
  next.op = op;
  next.within = &transaction_;
  next.timeline = timeline_;
  next.seq = ++seq_;
  next.at = from.at();
  return next;
}

const event::relation& decoder::table_of(reader& from) const {
  const auto oid = from.number<std::uint32_t>("the table's OID");
  const auto* table = relations_.find(oid);
  if (table == nullptr) from.refuse(fmt::format("table {} was not defined on this connection", oid));
  return *table;
}

void decoder::read_row(reader& from, const event::relation& table, std::vector<event::value>& into) const {
  const auto count = from.number<std::uint16_t>("the number of columns");
  if (count != table.columns.size()) {
    from.refuse(fmt::format("a row of {} columns for {}.{}, which was defined with {}", count, table.schema,
                            table.name, table.columns.size()));
  }
  into.resize(count);
  for (auto& value : into) {
    switch (const char kind = from.letter("a value's kind"); kind) {
      case 't': {
        const auto size = from.number<std::uint32_t>("a value's size");
        value = {event::value::state::text, from.text("a value", size)};
        break;
      }
      case 'n':
        value = {};
        break;
      case 'u':
        value = {event::value::state::unchanged, {}};
        break;
      case 'b':
        from.refuse("a value is in binary form although text was asked for");
      default:
        from.refuse(fmt::format("a value's kind is byte {} where t, n and u are known", +kind));
    }
  }
}

}  // namespace weir::pgoutput
