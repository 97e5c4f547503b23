#include <stdio/file_state_store.hpp>

#include <stdio/state_file.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::stdio {
namespace {

namespace fs = std::filesystem;

async::awaitable<> load_and_tell(async::self me, async::blocking_pool& pool, fs::path file, std::string key,
                                 event::state_store::loaded then) {
  std::exception_ptr failed;
  std::optional<event::stored_position> found;
  try {
    co_await boost::asio::post(boost::asio::use_awaitable);
    const auto all = co_await pool.run(me, "read state file", [file] { return read_positions(file); });
    if (const auto at = all.find(key); at != all.end()) found = at->second;
  } catch (...) {
    failed = std::current_exception();
  }
  then(failed, found);
}

async::awaitable<> save_and_tell(async::self me, async::blocking_pool& pool, fs::path file, std::string key,
                                 event::stored_position what, event::state_store::saved then) {
  std::exception_ptr failed;
  try {
    co_await boost::asio::post(boost::asio::use_awaitable);
    co_await pool.run(me, "write state file", [file, key, what] {
      auto all = read_positions(file);
      all[key] = what;
      write_positions(file, all);
    });
  } catch (...) {
    failed = std::current_exception();
  }
  then(failed);
}

}  // namespace

void file_state_store::load(const std::string& key, loaded then) {
  scope_.spawn("load position", [this, key, then = std::move(then)](async::self me) {
    return load_and_tell(me, pool_, file_, key, then);
  });
}

void file_state_store::save(const std::string& key, const event::stored_position& what, saved then) {
  scope_.spawn("save position", [this, key, what, then = std::move(then)](async::self me) {
    return save_and_tell(me, pool_, file_, key, what, then);
  });
}

}  // namespace weir::stdio
