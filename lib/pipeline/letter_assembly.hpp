#pragma once

#include <base/size.hpp>
#include <pipeline/kept_record.hpp>
#include <pipeline/read_letter.hpp>

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weir::pipeline {

/// The record that a dead letter was made of, with its bytes, ready to go where it was to go: the original's
/// key, value and headers, and `weir.replayed: <partition>/<offset>` of the letter (of its first part).
class whole_letter {
 public:
  /// `first`: part 1, whose value is left out.
  whole_letter(const read_letter& first, letter_place at);

  void append(std::string_view piece) { value_->append(piece); }
  void reserve(std::size_t size) { value_->reserve(size); }

  /// Valid as long as this object, and until it is moved.
  [[nodiscard]] event::record record() const;
  [[nodiscard]] letter_place at() const { return at_; }
  [[nodiscard]] const std::string& topic() const { return topic_; }
  [[nodiscard]] const std::string& listener() const { return listener_; }
  [[nodiscard]] const std::string& target() const { return target_; }
  [[nodiscard]] const std::string& code() const { return code_; }
  [[nodiscard]] bytes size() const;

 private:
  letter_place at_;
  std::string topic_, listener_, target_, code_;
  kept_record rest_;                  ///< all but the value
  std::optional<std::string> value_;  ///< none: a tombstone
};

/// A letter of which not all parts came.
struct incomplete_letter {
  std::string topic, listener, target, position;
  letter_place seen_at;     ///< of the part that came first
  std::uint64_t parts = 0;  ///< that it should have
  std::uint64_t came = 0;
  bool has_first = false;      ///< whether part 1 came
  bool was_too_large = false;  ///< it was given up to stay within the memory, not because of a missing part
};

/// Puts the parts of letters together, whatever their order: without a key they lie in any partition.
///
/// Waiting parts take at most `most` bytes: beyond that the letter that waits longest is given up, unless it is
/// the only one, which may be as large as it is. A letter is whole or it is reported, never sent in pieces.
class letter_assembly {
 public:
  explicit letter_assembly(bytes most) : most_(most) {}

  /// The letter that this part completes; a part that came twice counts once.
  [[nodiscard]] std::optional<whole_letter> add(const read_letter& part, letter_place at);

  /// At the end: what stayed incomplete. A letter that was written again whole (weir ended between two parts,
  /// and its next run wrote all of them) is none.
  [[nodiscard]] std::vector<incomplete_letter> incomplete() const;
  [[nodiscard]] bytes held() const { return held_; }

 private:
  struct waiting {
    incomplete_letter about;
    std::string identity;  ///< of the original record, whatever run wrote the letter
    std::optional<whole_letter> whole;
    std::uint32_t appended = 0;  ///< parts that `whole` has
    std::map<std::uint32_t, std::string> early;
    bytes held = 0;
    std::set<std::uint32_t> seen;
  };
  using list = std::list<waiting>;

  void keep(waiting& of, const read_letter& part, letter_place at);
  void give_up_oldest_but(const waiting& one);

  bytes most_;
  bytes held_ = 0;
  list waiting_;  ///< in the order of their first part
  std::map<std::string, list::iterator, std::less<>> by_name_;
  std::set<std::string, std::less<>> completed_;  ///< identities of letters that had several parts
};

}  // namespace weir::pipeline
