#pragma once

#include <charconv>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weir::bench {

/// `--name value` pairs. A missing one that is needed, or a number that is none, throws std::runtime_error.
class arguments {
 public:
  arguments(int count, char** words, int first) {
    for (int i = first; i + 1 < count; i += 2) values_[words[i]] = words[i + 1];
    if ((count - first) % 2 != 0) throw std::runtime_error(std::string("no value for ") + words[count - 1]);
  }

  [[nodiscard]] std::string text(const std::string& name) const {
    const auto found = values_.find("--" + name);
    if (found == values_.end()) throw std::runtime_error("--" + name + " is missing");
    return found->second;
  }
  [[nodiscard]] std::string text(const std::string& name, std::string otherwise) const {
    return values_.contains("--" + name) ? text(name) : std::move(otherwise);
  }
  [[nodiscard]] long number(const std::string& name) const {
    const auto value = text(name);
    long parsed = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (error != std::errc{} || end != value.data() + value.size())
      throw std::runtime_error("--" + name + " " + value + " is not a number");
    return parsed;
  }
  [[nodiscard]] long number(const std::string& name, long otherwise) const {
    return values_.contains("--" + name) ? number(name) : otherwise;
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace weir::bench
