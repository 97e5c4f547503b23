#include <pipeline/schema_book.hpp>

#include <functional>
#include <utility>

namespace weir::pipeline {

std::size_t schema_book::hash::operator()(const wanted_schema& of) const noexcept {
  return std::hash<std::string>{}(of.subject) * 31 + std::hash<std::string>{}(of.schema);
}

void schema_book::enter(const wanted_schema& asked, schema_answer answer) {
  answers_.insert_or_assign(asked, std::move(answer));
}

const schema_answer* schema_book::find(const wanted_schema& asked) const {
  const auto known = answers_.find(asked);
  return known == answers_.end() ? nullptr : &known->second;
}

std::vector<wanted_schema> schema_book::refused() const {
  std::vector<wanted_schema> all;
  for (const auto& [asked, answer] : answers_) {
    if (std::holds_alternative<std::string>(answer)) all.push_back(asked);
  }
  return all;
}

}  // namespace weir::pipeline
