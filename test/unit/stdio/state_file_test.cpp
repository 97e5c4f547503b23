#include <catch2/catch_test_macros.hpp>

#include <stdio/file_state_store.hpp>
#include <stdio/no_state_store.hpp>
#include <stdio/state_file.hpp>

#include <support/run_loop.hpp>
#include <support/temporary_directory.hpp>

#include <base/failure.hpp>

#include <chrono>
#include <optional>

namespace weir {
namespace {

using namespace std::chrono_literals;
using event::stored_position;

stored_position position_at(std::uint64_t at) { return {"7300000000000000001", 1, lsn{at}, 3}; }

event::snapshot_progress progress() {
  event::snapshot_progress made;
  made.run = 3;
  made.serial = 12;
  made.stage = event::snapshot_stage::reading;
  made.wanted = {"public.t"};
  return made;
}

TEST_CASE("positions in a file come back, each for its key") {
  const support::temporary_directory directory{"state"};
  const auto file = directory / "position.json";
  CHECK(stdio::read_state(file) == stdio::kept_state{});
  const stdio::kept_state all{{{"shop/weir", position_at(7)}, {"shop/\"other\"", position_at(8)}},
                              {{"shop/weir", progress()}}};
  stdio::write_state(file, all);
  CHECK(stdio::read_state(file) == all);
  CHECK_FALSE(std::filesystem::exists(directory / "position.json.new"));
}

TEST_CASE("a crash between writing and renaming leaves the old positions") {
  const support::temporary_directory directory{"state"};
  const auto file = directory / "position.json";
  stdio::write_state(file, {{{"shop/weir", position_at(7)}}, {}});
  support::write_text(directory / "position.json.new", "{\"shop/weir\":{\"sys");
  CHECK(stdio::read_state(file).positions.at("shop/weir") == position_at(7));
  stdio::write_state(file, {{{"shop/weir", position_at(9)}}, {}});
  CHECK(stdio::read_state(file).positions.at("shop/weir") == position_at(9));
}

TEST_CASE("a file that is something else, or cannot be written, is said with its name") {
  const support::temporary_directory directory{"state"};
  const auto file = directory / "position.json";
  for (const char* text : {"", "[]", "{\"a\":1}", "{\"a\":{\"lsn\":\"0/1\"}}"}) {
    CAPTURE(text);
    support::write_text(file, text);
    try {
      (void)stdio::read_state(file);
      FAIL("it was read");
    } catch (const failure& why) {
      CHECK(why.decision() == verdict::corrupt);
      CHECK(std::string{why.what()}.find(file.string()) != std::string::npos);
    }
  }
  try {
    stdio::write_state(directory / "none" / "position.json", {});
    FAIL("it was written");
  } catch (const failure& why) {
    CHECK(why.decision() == verdict::permanent);
  }
}

TEST_CASE("a store answers on the loop, later, exactly once") {
  const support::temporary_directory directory{"state"};
  support::run_loop loop;
  loop.run([&](async::self) -> async::awaitable<> {
    async::blocking_pool pool{loop.executor(), loop.registry()};
    async::task_scope scope{loop.executor(), loop.registry()};
    stdio::file_state_store file{scope, pool, directory / "position.json"};
    stdio::no_state_store none{loop.executor()};
    CHECK(file.remembers());
    CHECK_FALSE(none.remembers());
    for (event::state_store* store :
         {static_cast<event::state_store*>(&file), static_cast<event::state_store*>(&none)}) {
      async::condition changed{loop.executor()};
      int saves = 0;
      int loads = 0;
      std::optional<stored_position> found;
      store->save("shop/weir", position_at(7), [&](std::exception_ptr failed) {
        CHECK_FALSE(failed);
        ++saves;
        changed.notify_all();
      });
      CHECK(saves == 0);
      while (saves == 0) co_await changed.wait();
      store->load("shop/weir", [&](std::exception_ptr failed, const event::stored_state& state) {
        const auto& at = state.position;
        CHECK_FALSE(failed);
        found = at;
        ++loads;
        changed.notify_all();
      });
      CHECK(loads == 0);
      while (loads == 0) co_await changed.wait();
      CHECK(found.has_value() == store->remembers());
      if (found) CHECK(*found == position_at(7));
    }
    co_await scope.join(1s);
  });
}

}  // namespace
}  // namespace weir
