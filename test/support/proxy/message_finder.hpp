#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

/// What the test proxy understands of the bytes that it forwards: where messages end, and which of them a test
/// may wait for. No I/O.
namespace weir::test_proxy {

enum class protocol : std::uint8_t { none, postgres, kafka };

/// Messages with a name. Up, from the client: status, request. Down, from the server: commit, report.
enum class kind : std::uint8_t {
  other,
  commit,   ///< XLogData with pgoutput's Commit
  status,   ///< a standby status update
  request,  ///< Produce
  report,   ///< the answer to a Produce
};

/// The kind with that name; `other` when there is none.
[[nodiscard]] kind kind_of(std::string_view name);

/// Finds the messages of one direction of one connection. Messages view its own buffer until the next call.
class message_finder {
 public:
  message_finder(protocol speaks, bool is_up) : speaks_(speaks), is_up_(is_up), is_untyped_(is_up) {}

  void feed(std::string_view bytes);
  /// Takes the next whole message; false when there is none. With protocol::none whatever is there is one.
  bool next(std::string& message, kind& is);

  /// The correlation id of a Kafka request or answer.
  [[nodiscard]] static std::int32_t correlation(std::string_view message, bool is_request);
  /// Produce requests whose answers this side of the connection has yet to bring.
  void expect_report(std::int32_t correlation) { expected_.insert(correlation); }

 private:
  [[nodiscard]] std::size_t size_of_first() const;
  [[nodiscard]] kind classify(std::string_view message);
  [[nodiscard]] kind classify_postgres(std::string_view message) const;

  protocol speaks_;
  bool is_up_;
  bool is_untyped_;  ///< PostgreSQL's first message has no type
  std::string buffer_;
  std::set<std::int32_t> expected_;
};

/// The answer, version 7, with which a broker refuses all of a Produce request. Nothing when the request is of
/// a version that this does not know, or holds no record for a topic whose name begins so.
[[nodiscard]] std::string refusal_of(std::string_view request, std::int16_t code, std::string_view topic);

}  // namespace weir::test_proxy
