#include <pipeline/trace_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace weir;
using pipeline::trace_context;
using pipeline::traceparent;

namespace {

constexpr std::string_view good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr std::string_view other = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

std::string read(std::string_view text) {
  const auto parsed = traceparent::parse(text);
  return parsed ? std::string(parsed->text()) : "";
}

std::string with(std::size_t at, std::string_view what) {
  std::string text(good);
  return text.replace(at, what.size(), what);
}

event::change message(const event::transaction* within, std::string_view prefix, std::string_view content) {
  event::change what;
  what.op = event::operation::message;
  what.within = within;
  what.message_prefix = prefix;
  what.message_content = content;
  return what;
}

}  // namespace

TEST_CASE("a traceparent of version 00 is taken as it is, whatever its flags") {
  CHECK(read(good) == good);
  CHECK(read(other) == other);
  CHECK(read(with(53, "ff")) == with(53, "ff"));
}

TEST_CASE("what the specification does not let pass is no traceparent") {
  CHECK(read("").empty());
  CHECK(read(good.substr(0, 54)).empty());
  CHECK(read(std::string(good) + "0").empty());
  CHECK(read(std::string(good) + "-00").empty());
  CHECK(read(std::string(good) + "\n").empty());
  CHECK(read(with(0, "ff")).empty());
  CHECK(read(with(0, "0g")).empty());
  CHECK(read(with(3, "0AF7")).empty());
  CHECK(read(with(3, std::string(32, '0'))).empty());
  CHECK(read(with(36, std::string(16, '0'))).empty());
  CHECK(read(with(36, "B7")).empty());
  CHECK(read(with(53, "0A")).empty());
  CHECK(read(with(53, "x1")).empty());
  for (const std::size_t dash : {2U, 35U, 52U}) CHECK(read(with(dash, "_")).empty());
}

TEST_CASE("a version that comes later is read as far as it is known, and passed on as 00") {
  CHECK(read(with(0, "01")) == good);
  CHECK(read(with(0, "cc") + "-what the future brings") == good);
  CHECK(read(with(0, "cc") + ".what the future brings").empty());
  auto unsampled = with(53, "fe");
  CHECK(read(unsampled.replace(0, 2, "01")) == with(53, "00"));
  auto sampled = with(53, "0b");
  CHECK(read(sampled.replace(0, 2, "01")) == good);
}

TEST_CASE("a transaction's trace is the one that it named last, and ends with it") {
  const event::transaction open;
  trace_context context;
  context.begin();
  CHECK_FALSE(context.current().has_value());
  CHECK(context.notice(message(&open, "traceparent", good)));
  CHECK(context.current().value().text() == good);
  CHECK(context.notice(message(&open, "traceparent", "nonsense")));
  CHECK(context.current().value().text() == good);
  CHECK(context.notice(message(&open, "traceparent", other)));
  CHECK(context.current().value().text() == other);
  context.begin();
  CHECK_FALSE(context.current().has_value());
}

TEST_CASE("only a transactional message of that prefix names a trace") {
  const event::transaction open;
  trace_context context;
  context.begin();
  CHECK_FALSE(context.notice(message(nullptr, "traceparent", good)));
  CHECK_FALSE(context.notice(message(&open, "traceparents", good)));
  CHECK_FALSE(context.notice(message(&open, "trace", good)));
  event::change insert;
  insert.within = &open;
  CHECK_FALSE(context.notice(insert));
  CHECK_FALSE(context.current().has_value());
}
