#include <filter/bound_filter.hpp>
#include <filter/checker.hpp>
#include <filter/decide.hpp>
#include <filter/utf8.hpp>
#include <filter/variables.hpp>

#include <chrono>
#include <utility>

namespace weir::filter {

struct bound_filter::state {
  std::unique_ptr<const plan> checked_plan;
  std::uint64_t version = 0;
  mutable scratch memory;
};

namespace {

using event::change;
using event::operation;

constexpr std::string_view letter_of(const operation& of) {
  switch (of) {
    case operation::create:
      return "c";
    case operation::update:
      return "u";
    case operation::remove:
      return "d";
    case operation::truncate:
      return "t";
    case operation::message:
      return "m";
    case operation::read:
      return "r";
  }
  return "?";
}

/// What a row filter sees of one change.
class row_surroundings final : public surroundings {
 public:
  explicit row_surroundings(const change& of) : of_(of) {}

  [[nodiscard]] value variable(std::uint32_t number, scratch& with) const override;
  [[nodiscard]] value column(const column_use& which, scratch& with) const override;
  [[nodiscard]] value has_column(const column_use& which) const override;
  [[nodiscard]] value changed(const column_use& which) const override;
  [[nodiscard]] bool is_row_absent(bool old) const override {
    return old ? of_.op != operation::update && of_.op != operation::remove : of_.after.empty();
  }

 private:
  /// Null when there is no such row or no such column in it.
  [[nodiscard]] const event::value* cell(const column_use& which) const;
  [[nodiscard]] const event::value* new_cell(std::uint32_t index) const;
  [[nodiscard]] const event::value* old_cell(std::uint32_t index) const;
  [[nodiscard]] value message_map(scratch& with) const;
  [[nodiscard]] value message_content() const {
    return is_utf8(of_.message_content) ? string(of_.message_content) : error(fault::not_utf8);
  }

  const change& of_;
};

/// A value that an UPDATE left alone is not sent again, but with REPLICA IDENTITY FULL the old row has it.
const event::value* row_surroundings::new_cell(std::uint32_t index) const {
  if (index >= of_.after.size()) return nullptr;
  const event::value& sent = of_.after[index];
  if (sent.is == event::value::state::unchanged && of_.before_is == event::old_row::full &&
      index < of_.before.size()) {
    return &of_.before[index];
  }
  return &sent;
}

/// An UPDATE without an old row left the replica identity alone, so its old values are the new ones. Columns
/// outside of the identity are refused before there is a filter.
const event::value* row_surroundings::old_cell(std::uint32_t index) const {
  if (of_.before_is == event::old_row::none) return of_.op == operation::update ? new_cell(index) : nullptr;
  return index < of_.before.size() ? &of_.before[index] : nullptr;
}

const event::value* row_surroundings::cell(const column_use& which) const {
  if (which.read == nullptr) return nullptr;
  return which.is_old ? old_cell(which.index) : new_cell(which.index);
}

value row_surroundings::column(const column_use& which, scratch& with) const {
  const event::value* const found = cell(which);
  if (found == nullptr) return error(fault::no_row);
  switch (found->is) {
    case event::value::state::null:
      return null_value();
    case event::value::state::unchanged:
      return error(fault::not_sent);
    case event::value::state::text:
      break;
  }
  return which.read(found->text, with);
}

value row_surroundings::has_column(const column_use& which) const {
  const event::value* const found = cell(which);
  return boolean(found != nullptr && found->is != event::value::state::unchanged);
}

value row_surroundings::changed(const column_use& which) const {
  if (which.read == nullptr) return error(fault::no_row);
  if (of_.op != operation::update) return boolean(true);
  const event::value* const before = old_cell(which.index);
  if (which.index >= of_.after.size() || before == nullptr) return error(fault::no_row);
  const event::value& after = of_.after[which.index];
  if (after.is == event::value::state::unchanged) return boolean(false);
  if (before->is == event::value::state::unchanged) return error(fault::not_sent);
  return boolean(before->is != after.is || before->text != after.text);
}

value row_surroundings::message_map(scratch& with) const {
  if (of_.op != operation::message) return null_value();
  const value content = message_content();
  if (content.is_error()) return content;
  constexpr std::uint32_t fields = 3;
  auto* const entries = with.memory.array<entry>(fields);
  if (entries == nullptr) return error(fault::too_much_memory);
  entries[0] = {string("prefix"), string(of_.message_prefix)};
  entries[1] = {string("content"), content};
  entries[2] = {string("transactional"), boolean(of_.within != nullptr)};
  return map(entries, fields);
}

value timestamp_of(wall_time at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(at - seconds);
  return timestamp(seconds.time_since_epoch().count(), static_cast<std::uint32_t>(rest.count()));
}

value row_surroundings::variable(std::uint32_t number, scratch& with) const {
  const bool is_message = of_.op == operation::message;
  switch (static_cast<row_variable>(number)) {
    case row_variable::op:
      return string(letter_of(of_.op));
    case row_variable::schema:
      return of_.table == nullptr ? null_value() : string(of_.table->schema);
    case row_variable::table:
      return of_.table == nullptr ? null_value() : string(of_.table->name);
    case row_variable::txid:
      return of_.within == nullptr ? null_value() : integer(of_.within->xid);
    case row_variable::lsn:
      return unsigned_integer((of_.within == nullptr ? of_.at : of_.within->final_lsn).value());
    case row_variable::commit_time:
      return of_.within == nullptr ? null_value() : timestamp_of(of_.within->commit_time);
    case row_variable::message:
      return message_map(with);
    case row_variable::message_prefix:
      return is_message ? string(of_.message_prefix) : error(fault::null_value);
    case row_variable::message_content:
      return is_message ? message_content() : error(fault::null_value);
    case row_variable::message_transactional:
      return is_message ? boolean(of_.within != nullptr) : error(fault::null_value);
  }
  return error(fault::no_row);
}

}  // namespace

std::variant<bound_filter, problems> bound_filter::bind(const program& what, const event::relation& table) {
  auto result = check(what.tree_, row_environment(environment::rows::table, &table));
  if (!result.found.empty()) return std::move(result.found);
  auto made = std::make_unique<state>();
  made->checked_plan = std::move(result.made);
  made->version = table.version;
  return bound_filter(std::move(made));
}

bound_filter bound_filter::bind_to_messages(const program& what) {
  // The program was checked in the same way, with columns of any type, when it was compiled.
  auto made = std::make_unique<state>();
  made->checked_plan = check(what.tree_, row_environment(environment::rows::absent, nullptr)).made;
  return bound_filter(std::move(made));
}

bound_filter::bound_filter(std::unique_ptr<state> made) : state_(std::move(made)) {}
bound_filter::bound_filter(bound_filter&&) noexcept = default;
bound_filter& bound_filter::operator=(bound_filter&&) noexcept = default;
bound_filter::~bound_filter() = default;

decision bound_filter::decide(const event::change& of) const noexcept {
  return filter::decide(*state_->checked_plan, row_surroundings(of), state_->memory);
}

std::uint64_t bound_filter::version() const noexcept { return state_->version; }

}  // namespace weir::filter
