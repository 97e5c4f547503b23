#include "message_finder.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::test_proxy {
namespace {

constexpr std::size_t number_size = 4;
constexpr std::int16_t produce = 0;

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (const char each : bytes.substr(at, size)) value = value << 8U | static_cast<unsigned char>(each);
  return value;
}

void append(std::string& to, std::uint64_t value, std::size_t size) {
  for (auto n = size; n > 0; --n) to.push_back(static_cast<char>(value >> (8 * (n - 1)) & 0xffU));
}

/// Reads on through a request; what is beyond its end reads as 0.
class reader {
 public:
  reader(std::string_view bytes, std::size_t from) : bytes_(bytes), at_(from) {}

  std::int64_t number(std::size_t size) {
    const auto value = at_ + size <= bytes_.size() ? number_at(bytes_, at_, size) : 0;
    at_ += size;
    if (size == 2) return static_cast<std::int16_t>(value);
    return static_cast<std::int32_t>(value);
  }
  std::string_view text(std::size_t prefix) {
    const auto size = number(prefix);
    const auto from = std::min(at_, bytes_.size());
    if (size > 0) at_ += static_cast<std::size_t>(size);
    return size > 0 ? bytes_.substr(from, static_cast<std::size_t>(size)) : std::string_view{};
  }

 private:
  std::string_view bytes_;
  std::size_t at_;
};

}  // namespace

kind kind_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, kind>, 4> names{{{"commit", kind::commit},
                                                                    {"status", kind::status},
                                                                    {"request", kind::request},
                                                                    {"report", kind::report}}};
  for (const auto& [known, is] : names) {
    if (known == name) return is;
  }
  return kind::other;
}

void message_finder::feed(std::string_view bytes) { buffer_.append(bytes); }

std::size_t message_finder::size_of_first() const {
  switch (speaks_) {
    case protocol::none:
      return buffer_.size();
    case protocol::postgres: {
      const std::size_t type = is_untyped_ ? 0 : 1;
      if (buffer_.size() < type + number_size) return 0;
      return type + number_at(buffer_, type, number_size);
    }
    case protocol::kafka:
      if (buffer_.size() < number_size) return 0;
      return number_size + number_at(buffer_, 0, number_size);
  }
  return 0;
}

bool message_finder::next(std::string& message, kind& is) {
  const auto size = size_of_first();
  if (size == 0 || buffer_.size() < size) return false;
  message.assign(buffer_, 0, size);
  buffer_.erase(0, size);
  is = classify(message);
  is_untyped_ = false;
  return true;
}

std::int32_t message_finder::correlation(std::string_view message, bool is_request) {
  const std::size_t at = is_request ? 8 : 4;
  return message.size() < at + number_size ? -1
                                           : static_cast<std::int32_t>(number_at(message, at, number_size));
}

kind message_finder::classify_postgres(std::string_view message) const {
  // CopyData: type, length, then the replication protocol's own type.
  constexpr std::size_t inner = 5;
  // 'w', three positions and times of 8 bytes, then pgoutput.
  constexpr std::size_t decoded = inner + 25;
  if (is_untyped_ || message.size() <= inner || message[0] != 'd') return kind::other;
  if (is_up_) return message[inner] == 'r' ? kind::status : kind::other;
  const bool is_commit = message.size() > decoded && message[inner] == 'w' && message[decoded] == 'C';
  return is_commit ? kind::commit : kind::other;
}

kind message_finder::classify(std::string_view message) {
  if (speaks_ == protocol::postgres) return classify_postgres(message);
  if (speaks_ == protocol::none || message.size() < 2 * number_size) return kind::other;
  if (is_up_) return number_at(message, number_size, 2) == produce ? kind::request : kind::other;
  return expected_.erase(correlation(message, false)) > 0 ? kind::report : kind::other;
}

std::string refusal_of(std::string_view request, std::int16_t code, std::string_view topic) {
  constexpr std::int16_t known_version = 7;
  reader in{request, number_size + 2};
  if (in.number(2) != known_version) return {};
  const auto correlation = in.number(number_size);
  (void)in.text(2);        // client id
  (void)in.text(2);        // transactional id
  (void)in.number(2 + 4);  // acks and timeout: their value is of no use here
  std::string body;
  bool is_meant = false;
  const auto topics = in.number(number_size);
  append(body, static_cast<std::uint64_t>(topics), number_size);
  for (std::int64_t n = 0; n < topics; ++n) {
    const auto name = in.text(2);
    is_meant = is_meant || name.starts_with(topic);
    append(body, name.size(), 2);
    body.append(name);
    const auto partitions = in.number(number_size);
    append(body, static_cast<std::uint64_t>(partitions), number_size);
    for (std::int64_t each = 0; each < partitions; ++each) {
      append(body, static_cast<std::uint64_t>(in.number(number_size)), number_size);
      (void)in.text(number_size);
      append(body, static_cast<std::uint16_t>(code), 2);
      for (int offset_or_time = 0; offset_or_time < 3; ++offset_or_time) append(body, ~0ULL, 8);
    }
  }
  if (!is_meant) return {};
  append(body, 0, number_size);  // no throttling
  std::string answer;
  append(answer, number_size + body.size(), number_size);
  append(answer, static_cast<std::uint64_t>(correlation), number_size);
  return answer + body;
}

}  // namespace weir::test_proxy
