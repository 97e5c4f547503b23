#include <pipeline/topology.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace weir::pipeline {

topology::topology(const flow_options& from, const target::times& with, refusals& refused) {
  for (const auto& each : from.targets) {
    targets_.push_back(std::make_unique<target>(each, event::topic_kind::changes, with, refused));
  }
  target_options letters;
  letters.name = "dead letters";
  letters_ = std::make_unique<target>(std::move(letters), event::topic_kind::dead_letters, with, refused);

  reserved_ = from.reserved_topics;
  std::vector<std::uint32_t> ranks(targets_.size());
  for (const auto& each : from.listeners) {
    listeners_.push_back(std::make_unique<listener>());
    listeners_.back()->options = each;
    first_.push_back(outlets_.size());
    for (const auto to : each.targets) {
      outlet made;
      made.number = static_cast<std::uint16_t>(outlets_.size());
      made.rank = ranks.at(to)++;
      made.from = listeners_.back().get();
      made.to = targets_.at(to).get();
      outlets_.push_back(made);
    }
  }
  first_.push_back(outlets_.size());
  if (outlets_.size() > letter) {
    throw std::length_error{
        fmt::format("{} ways from listeners to targets are more than {}", outlets_.size(), letter)};
  }
}

bool topology::is_reserved(std::string_view topic) const {
  return std::find(reserved_.begin(), reserved_.end(), topic) != reserved_.end();
}

std::string topology::reserved_because(std::string_view topic) {
  return fmt::format("{} is one of Weir's own topics", topic);
}

std::span<outlet> topology::outlets_of(std::size_t listener) {
  return std::span{outlets_}.subspan(first_[listener], first_[listener + 1] - first_[listener]);
}

}  // namespace weir::pipeline
