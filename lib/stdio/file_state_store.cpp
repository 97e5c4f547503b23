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
  event::stored_state found;
  try {
    co_await boost::asio::post(boost::asio::use_awaitable);
    const auto all = co_await pool.run(me, "read state file", [file] { return read_state(file); });
    if (const auto at = all.positions.find(key); at != all.positions.end()) found.position = at->second;
    if (const auto at = all.snapshots.find(key); at != all.snapshots.end()) found.snapshot = at->second;
  } catch (...) {
    failed = std::current_exception();
  }
  then(failed, found);
}

/// `put` changes what the file holds.
async::awaitable<> save_and_tell(async::self me, async::blocking_pool& pool, fs::path file,
                                 std::function<void(kept_state&)> put, event::state_store::saved then) {
  std::exception_ptr failed;
  try {
    co_await boost::asio::post(boost::asio::use_awaitable);
    co_await pool.run(me, "write state file", [file, put] {
      auto all = read_state(file);
      put(all);
      write_state(file, all);
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
  change([key, what](kept_state& all) { all.positions[key] = what; }, std::move(then));
}

void file_state_store::save(const std::string& key, const event::snapshot_progress& what, saved then) {
  change([key, what](kept_state& all) { all.snapshots[key] = what; }, std::move(then));
}

void file_state_store::change(std::function<void(kept_state&)> put, saved then) {
  scope_.spawn("save position", [this, put = std::move(put), then = std::move(then)](async::self me) {
    return save_and_tell(me, pool_, file_, put, then);
  });
}

}  // namespace weir::stdio
