#include <pipeline/letter_assembly.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir::pipeline {
namespace {

kept_record without_value(const read_letter& from, letter_place at) {
  const auto place = fmt::format("{}/{}", at.partition, at.offset);
  std::vector<event::header> headers{from.headers.begin(), from.headers.end()};
  headers.push_back({"weir.replayed", place});
  return kept_record{{from.key, std::nullopt, headers, from.partition_hash}};
}

/// Names the original record. The separator is in no topic, position or label.
std::string identity_of(const read_letter& part) {
  return fmt::format("{}\n{}\n{}\n{}", part.topic, part.listener, part.target, part.position);
}

}  // namespace

whole_letter::whole_letter(const read_letter& first, letter_place at)
    : at_(at),
      topic_(first.topic),
      listener_(first.listener),
      target_(first.target),
      code_(first.code),
      rest_(without_value(first, at)) {
  if (first.value) value_.emplace();
}

event::record whole_letter::record() const {
  auto made = rest_.view();
  if (value_) made.value = *value_;
  return made;
}

bytes whole_letter::size() const { return event::charge(record()); }

std::optional<whole_letter> letter_assembly::add(const read_letter& part, letter_place at) {
  if (part.parts == 1) {
    whole_letter whole{part, at};
    if (part.value) whole.append(*part.value);
    return whole;
  }
  auto identity = identity_of(part);
  // The same record may have been written as a letter by several runs.
  const auto name = fmt::format("{}\n{}\n{}\n{}", identity, part.run, part.time_ms, part.parts);
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    waiting_.emplace_back();
    auto& about = waiting_.back().about;
    about.topic = part.topic;
    about.listener = part.listener;
    about.target = part.target;
    about.position = part.position;
    about.seen_at = at;
    about.parts = part.parts;
    waiting_.back().identity = std::move(identity);
    found = by_name_.emplace(name, std::prev(waiting_.end())).first;
  }
  auto& one = *found->second;
  if (!one.seen.insert(part.part).second) return std::nullopt;
  ++one.about.came;
  if (part.part == 1) one.about.has_first = true;
  if (!one.about.was_too_large) keep(one, part, at);
  if (one.appended < part.parts) {
    give_up_oldest_but(one);
    return std::nullopt;
  }
  held_ -= one.held;
  completed_.insert(one.identity);
  auto whole = std::move(one.whole);
  waiting_.erase(found->second);
  by_name_.erase(found);
  return whole;
}

void letter_assembly::keep(waiting& of, const read_letter& part, letter_place at) {
  const auto piece = part.value.value_or(std::string_view{});
  of.held += piece.size();
  held_ += piece.size();
  if (part.part == 1) {
    of.whole.emplace(part, at);
    // All parts but the last are equally long. What a header claims is not believed beyond the bound.
    if (part.value) of.whole->reserve(std::min<bytes>(most_, piece.size() * part.parts));
  }
  if (!of.whole || part.part != of.appended + 1) {
    of.early.emplace(part.part, piece);
    return;
  }
  of.whole->append(piece);
  ++of.appended;
  for (auto next = of.early.find(of.appended + 1); next != of.early.end();
       next = of.early.find(of.appended + 1)) {
    of.whole->append(next->second);
    of.early.erase(next);
    ++of.appended;
  }
}

void letter_assembly::give_up_oldest_but(const waiting& one) {
  for (auto& each : waiting_) {
    if (held_ <= most_) return;
    if (&each == &one || each.held == 0) continue;
    held_ -= std::exchange(each.held, 0);
    each.about.was_too_large = true;
    each.whole.reset();
    each.early.clear();
  }
}

std::vector<incomplete_letter> letter_assembly::incomplete() const {
  std::vector<incomplete_letter> all;
  for (const auto& each : waiting_) {
    if (!completed_.contains(each.identity)) all.push_back(each.about);
  }
  return all;
}

}  // namespace weir::pipeline
