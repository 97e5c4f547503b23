#pragma once

#include "fake_sink.hpp"

#include <pipeline/flow.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace weir::pipeline::test {

inline constexpr std::string_view dead_letters = "weir.dead-letters";
/// Not UTF-8, so no JSON: what can never be encoded.
inline constexpr std::string_view poison = "\xFF\xFE";

/// `name(id int4 primary key, note text)`.
inline event::relation table(std::uint32_t oid, std::string name, std::uint64_t version) {
  constexpr std::uint32_t int4 = 23;
  constexpr std::uint32_t text = 25;
  event::relation made;
  made.oid = oid;
  made.schema = "public";
  made.name = std::move(name);
  made.version = version;
  made.columns = {{.name = "id", .type_oid = int4, .base_type_oid = int4, .is_identity = true},
                  {.name = "note", .type_oid = text, .base_type_oid = text}};
  made.key = {0};
  return made;
}

inline text_template template_of(std::string_view text, escaping how = escaping::topic) {
  return std::get<text_template>(text_template::parse(text, how));
}

inline target_options target_to(std::string name, std::string_view topic) {
  target_options made;
  made.name = std::move(name);
  made.topic = template_of(topic);
  made.message_topic = "weir.messages";
  return made;
}

inline listener_options listener_for(std::string name, std::vector<std::size_t> targets) {
  listener_options made;
  made.name = std::move(name);
  made.targets = std::move(targets);
  return made;
}

/// One listener for everything, one target.
inline flow_options usual_options() {
  flow_options with;
  with.listeners = {listener_for("all", {0})};
  with.targets = {target_to("kafka", "weir.{schema}.{table}")};
  with.dead_letter_topic = dead_letters;
  with.envelope = {"weir", "shop", true};
  with.lane_idle = std::chrono::seconds{60};
  with.stall_after = std::chrono::seconds{10};
  with.probe_min = std::chrono::milliseconds{100};
  with.probe_max = std::chrono::seconds{5};
  return with;
}

/// A flow over a fake sink, in its first run, and the words to bring changes into it.
struct flowing {
  boost::asio::io_context loop;
  async::byte_budget budget{loop.get_executor(), 32 * mebibyte};
  fake_sink sink;
  pipeline::flow flow;
  event::relation orders = table(16'384, "orders", 1);
  event::relation items = table(16'385, "items", 2);
  event::transaction within;
  std::uint64_t seq = 0;

  explicit flowing(flow_options with = usual_options()) : flow(loop.get_executor(), budget, std::move(with)) {
    flow.begin_run(1, 1, lsn{0x1000}, sink);
  }

  /// As the program does it: the flow forgets the run, and its sink's handle goes with all that is out.
  void drop_run() {
    flow.drop_run();
    sink.purge();
  }

  /// Its commit record starts one before the end that `commit` says.
  void begin(std::uint64_t end) {
    within.final_lsn = lsn{end - 1};
    within.timeline = 1;
    seq = 0;
    flow.begin(within);
  }
  void commit() { flow.commit(lsn{within.final_lsn.value() + 1}); }

  void insert(const event::relation& into, int id, std::string_view note) {
    const auto number = std::to_string(id);
    const std::array<event::value, 2> row{text(number), text(note)};
    auto what = change_of(into, event::operation::create);
    what.after = row;
    flow.admit(what);
  }
  /// Old key and new row: a delete, a tombstone and an insert.
  void change_key(const event::relation& of, int from, int to) {
    const auto old_id = std::to_string(from);
    const auto new_id = std::to_string(to);
    const std::array<event::value, 2> before{text(old_id), event::value{}};
    const std::array<event::value, 2> after{text(new_id), text("moved")};
    auto what = change_of(of, event::operation::update);
    what.before_is = event::old_row::identity;
    what.before = before;
    what.after = after;
    flow.admit(what);
  }
  /// A message outside of a transaction.
  void say(std::uint64_t at, std::string_view content) {
    event::change what;
    what.op = event::operation::message;
    what.at = lsn{at};
    what.message_prefix = "p";
    what.message_content = content;
    flow.admit(what);
  }
  void transaction(std::uint64_t end, const event::relation& into, int first, int last) {
    begin(end);
    for (; first <= last; ++first) insert(into, first, "note " + std::to_string(first));
    commit();
  }

  /// A transaction of one row, behind all others.
  void insert_alone(const event::relation& into, int id) {
    begin(within.final_lsn.value() + 0x1001);
    insert(into, id, "alone");
    commit();
  }

  [[nodiscard]] lsn confirmed() const { return flow.book().confirmed(); }
  /// Nothing is out, nothing is kept, all that was taken of the budget is back.
  [[nodiscard]] bool is_quiet() const {
    return flow.book().is_settled() && flow.book().held() == 0 && flow.book().entries() == 0 &&
           flow.records_in_flight() == 0 && flow.bytes_in_flight() == 0 && budget.used() == 0;
  }

 private:
  static event::value text(std::string_view of) { return {event::value::state::text, of}; }
  event::change change_of(const event::relation& of, event::operation op) {
    event::change what;
    what.op = op;
    what.within = &within;
    what.seq = ++seq;
    what.at = within.final_lsn;
    what.table = &of;
    what.timeline = 1;
    return what;
  }
};

}  // namespace weir::pipeline::test
