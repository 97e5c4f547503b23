#include <base/backoff.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace std::chrono_literals;

TEST_CASE("waits double, stay within the upper half and never pass the cap") {
  weir::backoff waits{100ms, 5s, 42};
  auto whole = 100ms;
  for (int n = 0; n < 100; ++n) {
    const auto wait = waits.next();
    CHECK(wait <= whole);
    CHECK(wait >= whole / 2);
    whole = std::min<std::chrono::milliseconds>(whole * 2, 5s);
  }
}

TEST_CASE("a reset starts again with the shortest wait") {
  weir::backoff waits{100ms, 5s, 7};
  for (int n = 0; n < 10; ++n) (void)waits.next();
  waits.reset();
  CHECK(waits.attempts() == 0);
  CHECK(waits.next() <= 100ms);
}

TEST_CASE("two processes with other seeds do not wait in step") {
  weir::backoff one{1s, 60s, 1};
  weir::backoff two{1s, 60s, 2};
  CHECK(one.next() != two.next());
}
