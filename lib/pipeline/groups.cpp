#include <pipeline/groups.hpp>

#include <base/failure.hpp>

#include <fmt/format.h>

namespace weir::pipeline {
group_queues::group_queues(async::byte_budget& budget, const group_options& with, topology& of)
    : budget_(budget),
      topology_(of),
      space_(budget.limit() / group_share_of_budget, with.spill_directory, with.spill_limit),
      filters_(of.listeners().size()),
      facts_(of.listeners().size()),
      queues_(of.outlets().size()) {
  for (std::size_t at = 0; at < filters_.size(); ++at) {
    const auto& text = of.listeners()[at]->options.transaction_filter;
    if (text.empty()) continue;
    auto made = filter::transaction_filter::compile(text);
    auto* good = std::get_if<filter::transaction_filter>(&made);
    if (good == nullptr) {
      throw failure{
          verdict::permanent, "configuration",
          fmt::format("the transaction filter of listener {} does not compile: {}",
                      of.listeners()[at]->options.name, std::get<filter::problems>(made).front().what)};
    }
    filters_[at].emplace(std::move(*good));
  }
}

group_queues::~group_queues() { clear(); }

void group_queues::add(outlet& to, std::string_view json, const event::change& what, event::ticket& admitted) {
  auto& its = queues_[to.number];
  if (!its.open) {
    its.open.emplace(space_, to.to->options().group_limit);
    its.hold = admitted.make_share();
    its.hold.tag(to.number);
  }
  its.open->add(json, what.seq);
  charge();
}

void group_queues::count(std::size_t listener, const event::change& what) {
  auto& its = facts_[listener];
  ++its.count;
  if (!filters_[listener]) return;
  ++its.operations[std::string(1, static_cast<char>(what.op))];
  if (what.table == nullptr) return;
  table_name_.clear();
  table_name_.append(what.table->schema).append(1, '.').append(what.table->name);
  const auto found = its.tables.find(table_name_);
  if (found == its.tables.end()) {
    its.tables.emplace(table_name_, 1);
  } else {
    ++found->second;
  }
}

std::vector<group_queues::undecided> group_queues::commit(const event::transaction& of) {
  std::vector<undecided> open_questions;
  for (std::size_t listener = 0; listener < facts_.size(); ++listener) {
    if (facts_[listener].count == 0) continue;
    const auto decided = decide(listener, of);
    for (auto& to : topology_.outlets_of(listener)) {
      auto& its = queues_[to.number];
      if (!its.open) continue;
      switch (decided.is) {
        case filter::decision::kind::keep:
          close(to, its, of);
          break;
        case filter::decision::kind::drop:
          its.hold.settle(event::outcome::filtered);
          break;
        case filter::decision::kind::error:
          switch (to.from->options.if_undecided) {
            case on_filter_error::keep:
              close(to, its, of);
              break;
            case on_filter_error::dead_letter:
              close(to, its, of, decided.what);
              break;
            case on_filter_error::drop:
            case on_filter_error::stop:
              open_questions.push_back({&to, decided.what, std::move(its.hold)});
              break;
          }
          break;
      }
      its.open.reset();
    }
    facts_[listener] = facts{};
  }
  charge();
  return open_questions;
}

filter::decision group_queues::decide(std::size_t listener, const event::transaction& of) const {
  if (!filters_[listener]) return {filter::decision::kind::keep, {}};
  const auto& known = facts_[listener];
  using counted = filter::transaction_facts::counted;
  std::vector<counted> tables;
  for (const auto& [name, count] : known.tables) tables.push_back({name, count});
  std::vector<counted> operations;
  for (const auto& [name, count] : known.operations) operations.push_back({name, count});
  return filters_[listener]->decide({of.xid, of.final_lsn, of.commit_time, known.count, tables, operations});
}

void group_queues::close(outlet& to, queue& its, const event::transaction& of, std::string undecided) {
  const auto count = its.open->changes();
  its.open->close(of);
  closed_group made{std::move(*its.open), std::move(its.hold), of, count, std::move(undecided)};
  made.of.origin = {};
  queues_[to.number].closed.push_back(std::move(made));
  ++waiting_;
}

closed_group* group_queues::first(const outlet& of) {
  auto& its = queues_[of.number];
  return its.closed.empty() ? nullptr : &its.closed.front();
}

void group_queues::pop(const outlet& of) {
  queues_[of.number].closed.pop_front();
  --waiting_;
  charge();
}

void group_queues::charge() {
  const auto held = space_.in_memory();
  if (held > charged_) budget_.take(held - charged_);
  if (held < charged_) budget_.release(charged_ - held);
  charged_ = held;
}

void group_queues::forget_open() {
  for (auto& each : queues_) {
    each.open.reset();
    // Its entry stays open in the ledger, so this confirms nothing: it only stops being waited for.
    each.hold.settle(event::outcome::dropped);
  }
  for (auto& each : facts_) each = facts{};
  charge();
}

void group_queues::clear() {
  forget_open();
  for (auto& each : queues_) each.closed.clear();
  waiting_ = 0;
  charge();
}

}  // namespace weir::pipeline
