#include <postgres/silence.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using std::chrono::seconds;
using weir::postgres::silence;

TEST_CASE("a server is silent when it was asked and says nothing for the bound") {
  const steady_time start{};
  silence watch{seconds{5}};
  CHECK_FALSE(watch.is_too_long(start + seconds{100}));
  watch.on_question(start);
  CHECK_FALSE(watch.is_too_long(start + seconds{4}));
  CHECK(watch.is_too_long(start + seconds{5}));
  watch.on_question(start + seconds{4});  // asking again is no answer
  CHECK(watch.is_too_long(start + seconds{5}));
  watch.on_message();
  CHECK(watch.due() == steady_time::max());
}

TEST_CASE("whoever does not read hears nothing, and that is not the server's fault") {
  const steady_time start{};
  silence watch{seconds{5}};
  watch.on_question(start);
  watch.on_deaf();
  CHECK_FALSE(watch.is_too_long(start + seconds{60}));
  watch.on_listening(start + seconds{60});
  CHECK_FALSE(watch.is_too_long(start + seconds{64}));
  CHECK(watch.is_too_long(start + seconds{65}));
}
