#include <pipeline/group.hpp>

#include <pipeline/spooled_bytes.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <deque>
#include <span>
#include <utility>

namespace weir::pipeline {

class group_space::room : public spool_room {};

group_space::group_space(bytes memory, std::string directory, bytes spill_limit)
    : room_(std::make_unique<room>()) {
  room_->memory = memory;
  if (!directory.empty()) room_->file.emplace(std::move(directory), spill_limit);
}
group_space::~group_space() = default;

bytes group_space::in_memory() const { return room_->in_memory; }
bytes group_space::spilled() const { return room_->file ? room_->file->used() : 0; }
bytes group_space::spilled_total() const { return room_->file ? room_->file->written() : 0; }

class group::content {
 public:
  content(spool_room& in, bytes record_limit) : limit_(record_limit), changes_text_(in) {}

  void add(std::string_view json, std::uint64_t seq) {
    if (parts_.empty() || frame + parts_.back().size + 1 + json.size() > limit_) {
      parts_.emplace_back();
    } else {
      changes_text_.append(",");
      ++parts_.back().size;
    }
    changes_text_.append(json);
    auto& last = parts_.back();
    last.size += json.size();
    last.last_seq = seq;
    ++last.changes;
    ++changes_;
  }

  void close(const event::transaction& of) {
    const auto committed = std::chrono::floor<std::chrono::milliseconds>(of.commit_time.time_since_epoch());
    transaction_ = fmt::format(
        R"({{"transaction":{{"id":"{0}:{1}","xid":{0},"commit_lsn":"{1}","commit_ts_ms":{2},"count":{3}}})",
        of.xid, of.final_lsn, committed.count(), changes_);
    count_ = static_cast<std::uint32_t>(parts_.size());
  }

  group_part next() {
    const auto part = parts_.front();
    const auto number = static_cast<std::uint32_t>(count_ - parts_.size() + 1);
    const auto head = fmt::format(R"({},"part":{},"parts":{},"changes":[)", transaction_, number, count_);
    constexpr std::string_view tail = "]}";
    const auto size = head.size() + part.size + tail.size();
    if (value_capacity_ < size) {
      value_.reset();  // before the new one is made: two huge ones at a time are never needed
      value_ = std::make_unique_for_overwrite<char[]>(size);
      value_capacity_ = size;
    }
    std::memcpy(value_.get(), head.data(), head.size());
    changes_text_.take({value_.get() + head.size(), part.size});
    std::memcpy(value_.get() + head.size() + part.size, tail.data(), tail.size());
    parts_.pop_front();
    return {{value_.get(), size}, number, count_, part.changes, part.last_seq};
  }

  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  [[nodiscard]] bytes size() const { return changes_text_.size(); }
  [[nodiscard]] bool is_closed() const { return !transaction_.empty(); }
  [[nodiscard]] bool has_part() const { return !parts_.empty(); }
  [[nodiscard]] bytes next_size() const { return frame + parts_.front().size; }

 private:
  /// What is kept of a part until it is given out.
  struct part {
    bytes size = 0;  ///< of its changes and the commas between them
    std::uint64_t changes = 0;
    std::uint64_t last_seq = 0;
  };

  bytes limit_;
  spooled_bytes changes_text_;
  std::deque<part> parts_;
  std::uint64_t changes_ = 0;
  std::string transaction_;  ///< how every value begins; empty until COMMIT
  std::uint32_t count_ = 0;  ///< of parts, since COMMIT
  std::unique_ptr<char[]> value_;
  std::size_t value_capacity_ = 0;
};

group::group(group_space& in, bytes record_limit)
    : content_(std::make_unique<content>(*in.room_, record_limit)) {}
group::~group() = default;
group::group(group&&) noexcept = default;
group& group::operator=(group&&) noexcept = default;

void group::add(std::string_view json, std::uint64_t seq) { content_->add(json, seq); }
std::uint64_t group::changes() const { return content_->changes(); }
bytes group::size() const { return content_->size(); }
void group::close(const event::transaction& of) { content_->close(of); }
bool group::has_more() const { return content_->is_closed() && content_->has_part(); }
bytes group::next_size() const { return content_->next_size(); }
group_part group::next() { return content_->next(); }

}  // namespace weir::pipeline
