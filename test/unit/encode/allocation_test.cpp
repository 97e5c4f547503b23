#include "rows.hpp"

#include <encode/envelope.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <new>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using event::old_row;
using event::operation;

namespace {
std::size_t allocations = 0;
}

// Counts for this executable only; the tests of the folder run in one thread.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  if (void* made = operator new(size, std::nothrow); made != nullptr) return made;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size, std::nothrow);
}
void operator delete(void* made) noexcept { std::free(made); }
void operator delete(void* made, std::size_t) noexcept { std::free(made); }
void operator delete[](void* made) noexcept { std::free(made); }
void operator delete[](void* made, std::size_t) noexcept { std::free(made); }

TEST_CASE("000-7 a change in the steady state costs no allocation") {
  envelope by(options());
  const auto table = rows::table({{"id", type::int8, true},
                                  {"a", type::int4},
                                  {"b"},
                                  {"c", type::numeric},
                                  {"d", type::timestamptz},
                                  {"e", type::jsonb},
                                  {"f", type::uuid},
                                  {"g", type::boolean}},
                                 {0});
  const table_plan plan(table);
  const std::vector<event::value> after = {text("1000000"),
                                           text("7919"),
                                           text("customer 1000000"),
                                           text("104729.00"),
                                           text("2024-01-15 06:56:07.234567+00"),
                                           text("{\"n\": 1000000}"),
                                           text("8155bc54-5a1f-4d7e-9b4a-7a3b1e2d9c10"),
                                           text("t")};
  change_of inserted(operation::create, table, {}, after);
  auto moved = after;
  moved[0] = text("1000001");
  change_of rekeyed(operation::update, table, after, moved, old_row::full);
  change_of removed(operation::remove, table, after, {}, old_row::full);
  const auto round = [&](int number) {
    for (change_of* each : {&inserted, &rekeyed, &removed}) {
      each->within.xid = static_cast<std::uint32_t>(number);
      each->within.origin = number % 2 == 0 ? "" : "a site with a name that no small string holds";
      (void)by.encode(plan, each->what, now + std::chrono::microseconds(number));
    }
    by.committed(lsn(static_cast<std::uint64_t>(number)));
  };
  for (int number = 0; number < 10; ++number) round(number);
  const std::size_t before = allocations;
  for (int number = 10; number < 1000; ++number) round(number);
  CHECK(allocations == before);
}

TEST_CASE("a huge row does not keep its memory") {
  text_buffer buffer;
  buffer.append(std::string(4 * mebibyte, 'x'));
  CHECK(buffer.capacity() >= 4 * mebibyte);
  buffer.clear();
  CHECK(buffer.capacity() <= text_buffer::kept_after_clear);
  buffer.append(std::string(1000, 'x'));
  const std::size_t kept = buffer.capacity();
  buffer.clear();
  CHECK(buffer.capacity() == kept);
}
