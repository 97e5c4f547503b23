#include <stdio/no_state_store.hpp>

#include <boost/asio/post.hpp>

namespace weir::stdio {

void no_state_store::load(const std::string&, loaded then) {
  boost::asio::post(on_, [then = std::move(then)] { then(nullptr, {}); });
}

void no_state_store::save(const std::string&, const event::stored_position&, saved then) {
  boost::asio::post(on_, [then = std::move(then)] { then(nullptr); });
}

void no_state_store::save(const std::string&, const event::snapshot_progress&, saved then) {
  boost::asio::post(on_, [then = std::move(then)] { then(nullptr); });
}

}  // namespace weir::stdio
