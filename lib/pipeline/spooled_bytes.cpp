#include <pipeline/spooled_bytes.hpp>

#include <base/failure.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace weir::pipeline {
namespace {

constexpr std::size_t first_chunk = kibibyte;
constexpr std::size_t block = spill_file::block_size;

}  // namespace

spooled_bytes::~spooled_bytes() {
  for (const auto each : blocks_) in_->file->release(each);
  in_->in_memory -= capacity_;
}

std::size_t spooled_bytes::next_capacity(std::size_t wanted) const {
  const auto next = std::clamp<std::size_t>(std::max<std::size_t>(capacity_, wanted), first_chunk, block);
  if (in_->in_memory + next <= in_->memory) return next;
  return capacity_ < block ? std::min<std::size_t>(next, block - capacity_) : 0;
}

void spooled_bytes::add_chunk(std::size_t capacity) {
  chunks_.push_back({std::make_unique_for_overwrite<char[]>(capacity), capacity, 0});
  capacity_ += capacity;
  in_->in_memory += capacity;
}

void spooled_bytes::drop_front() noexcept {
  capacity_ -= chunks_.front().capacity;
  in_->in_memory -= chunks_.front().capacity;
  chunks_.pop_front();
}

void spooled_bytes::append(std::string_view text) {
  while (!text.empty()) {
    if (chunks_.empty() || chunks_.back().size == chunks_.back().capacity) {
      if (const auto capacity = next_capacity(text.size()); capacity > 0) {
        add_chunk(capacity);
      } else {
        spill();
      }
    }
    auto& last = chunks_.back();
    const auto now = std::min(text.size(), last.capacity - last.size);
    std::memcpy(last.memory.get() + last.size, text.data(), now);
    last.size += now;
    size_ += now;
    text.remove_prefix(now);
  }
}

/// Called when all chunks are full and hold a block at least. Leaves one chunk, a block large, with what was
/// left.
void spooled_bytes::spill() {
  if (!in_->file) {
    throw failure{
        verdict::permanent, "spill_missing",
        fmt::format("a transaction that is grouped holds {} bytes, all groups together {} bytes of the {} "
                    "that they may keep in memory: set WEIR_SPILL to a directory for the rest",
                    size_, in_->in_memory, in_->memory)};
  }
  auto full = std::exchange(chunks_, {});
  in_->in_memory -= std::exchange(capacity_, 0);
  chunk stage;
  for (; !full.empty(); full.pop_front()) {
    auto& each = full.front();
    if (stage.size == 0 && each.capacity == block) {
      // The usual case: the one chunk that the last spilling left.
      blocks_.push_back(in_->file->write({each.memory.get(), block}));
      stage = {std::move(each.memory), block, 0};
      continue;
    }
    if (stage.memory == nullptr) stage = {std::make_unique_for_overwrite<char[]>(block), block, 0};
    for (std::string_view left{each.memory.get(), each.size}; !left.empty();) {
      const auto now = std::min(left.size(), block - stage.size);
      std::memcpy(stage.memory.get() + stage.size, left.data(), now);
      stage.size += now;
      left.remove_prefix(now);
      if (stage.size < block) continue;
      blocks_.push_back(in_->file->write({stage.memory.get(), block}));
      stage.size = 0;
    }
  }
  chunks_.push_back(std::move(stage));
  capacity_ = block;
  in_->in_memory += block;
}

void spooled_bytes::take(std::span<char> into) {
  size_ -= into.size();
  while (!into.empty()) {
    const bool is_in_file = !blocks_.empty();
    const auto there = is_in_file ? block : chunks_.front().size;
    const auto now = std::min(into.size(), there - taken_);
    if (is_in_file) {
      in_->file->read(blocks_.front(), taken_, into.first(now));
    } else {
      std::memcpy(into.data(), chunks_.front().memory.get() + taken_, now);
    }
    into = into.subspan(now);
    taken_ += now;
    if (taken_ < there) continue;
    taken_ = 0;
    if (is_in_file) {
      in_->file->release(blocks_.front());
      blocks_.pop_front();
    } else {
      drop_front();
    }
  }
}

}  // namespace weir::pipeline
