#include <pipeline/burial.hpp>

#include <pipeline/topology.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace weir::pipeline {
namespace {

/// Below this a dead letter that is still too large cannot be written at all.
constexpr std::size_t least_part = 1024;

}  // namespace

std::optional<failure> burial::write(const event::record& what, const event::refusal& why,
                                     const origin_of_letter& from, event::share part, steady_time now) {
  dead_letter letter{what, why, from, milliseconds_of(wall_now())};
  const auto size = part_;
  const auto parts = letter.parts(size);
  part.tag(part.tag() | topology::letter);
  try {
    auto& by = letters_.lane_of(topic_);
    for (std::size_t number = 0; number < parts; ++number) {
      const auto piece = letter.part(number, size);
      flying_.add(piece.what, part.tag());
      by.put(piece.what, piece.at, number + 1 < parts ? part.another() : std::move(part), now);
    }
  } catch (const failure& error) {
    return error;
  }
  return std::nullopt;
}

failure burial::refused(const event::record& letter, const event::refusal& why) {
  if (why.code.ends_with("TOO_LARGE")) {
    const auto size = std::min<std::size_t>(part_, letter.value ? letter.value->size() : 0);
    part_ = std::max(least_part, size / 2);
  }
  return failure{
      verdict::retry, "dead_letter_unwritable",
      fmt::format("the dead-letter topic {} refuses a record, so the stream waits: {}", topic_, why.sentence)};
}

}  // namespace weir::pipeline
