#pragma once

#include <cstdint>
#include <utility>

namespace weir::event {

/// How a record's story ended. There is no "lost" and no "timed out".
enum class outcome : std::uint8_t { delivered, filtered, dead_lettered, dropped };

/// Names a ledger entry; the number means something to the settlement that gave it out only. Its upper
/// `bits_of_tag` bits are free for whoever holds the share.
using entry_token = std::uint64_t;
inline constexpr unsigned bits_of_tag = 13;
inline constexpr unsigned bits_of_entry = 64 - bits_of_tag;

/// Counts what is still out for each entry. Implemented by the ledger.
class settlement {
 public:
  virtual ~settlement() = default;
  /// One more thing must end before the entry is settled.
  virtual void hold(entry_token entry) = 0;
  /// One of them ended.
  virtual void settle(entry_token entry, outcome how) noexcept = 0;
  /// One of them was destroyed without an outcome: the entry never settles, only a replay brings it back.
  virtual void abandon(entry_token entry) noexcept = 0;
};

/// One record's part of a ticket. Move-only; destroyed without an outcome it abandons its entry, so that a
/// forgotten record can hold the confirmed LSN back but never let it pass.
class share {
 public:
  share() = default;
  share(settlement& book, entry_token entry) : book_(&book), entry_(entry) { book.hold(entry); }
  share(share&& other) noexcept : book_(std::exchange(other.book_, nullptr)), entry_(other.entry_) {}
  share& operator=(share&& other) noexcept {
    if (this != &other) {
      if (book_ != nullptr) book_->abandon(entry_);
      book_ = std::exchange(other.book_, nullptr);
      entry_ = other.entry_;
    }
    return *this;
  }
  share(const share&) = delete;
  share& operator=(const share&) = delete;
  ~share() {
    if (book_ != nullptr) book_->abandon(entry_);
  }

  void settle(outcome how) noexcept {
    if (auto* book = std::exchange(book_, nullptr); book != nullptr) book->settle(entry_, how);
  }

  /// For a C library's opaque pointer: the caller carries the number and makes the share again with `resume`.
  [[nodiscard]] entry_token release() noexcept {
    book_ = nullptr;
    return entry_;
  }
  [[nodiscard]] static share resume(settlement& book, entry_token entry) noexcept {
    share again;
    again.book_ = &book;
    again.entry_ = entry;
    return again;
  }

  [[nodiscard]] entry_token entry() const noexcept { return entry_; }

  /// One more share of the same entry: a record that is written in parts settles when every part is reported.
  [[nodiscard]] share another() const { return share{*book_, entry_}; }

  /// A small number that travels with the share through the sink and back: whose record it is.
  void tag(std::uint16_t with) noexcept {
    constexpr entry_token mask = (entry_token{1} << bits_of_entry) - 1;
    entry_ = (entry_token{with} << bits_of_entry) | (entry_ & mask);
  }
  [[nodiscard]] std::uint16_t tag() const noexcept {
    return static_cast<std::uint16_t>(entry_ >> bits_of_entry);
  }

  [[nodiscard]] bool is_open() const noexcept { return book_ != nullptr; }
  [[nodiscard]] settlement* book() const noexcept { return book_; }

 private:
  settlement* book_ = nullptr;
  entry_token entry_ = 0;
};

/// Owned by one admitted change: holds its entry open until every record of it has taken its share.
class ticket {
 public:
  ticket(settlement& book, entry_token entry) : own_(book, entry), book_(&book), entry_(entry) {}

  [[nodiscard]] share make_share() { return share{*book_, entry_}; }

  /// All shares are made (none at all: `how` says why). Without this call the ticket abandons its entry.
  void close(outcome how) noexcept { own_.settle(how); }

 private:
  share own_;
  settlement* book_;
  entry_token entry_;
};

}  // namespace weir::event
