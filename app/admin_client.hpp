#pragma once

#include <async/async.hpp>
#include <config/settings.hpp>

#include <string>

namespace weir::app {

struct admin_answer {
  unsigned status = 0;
  std::string body;
};

/// Asks the admin endpoint of the Weir that runs with the same settings: GET, or POST for an order. No bound of
/// its own. Throws boost::system::system_error when nobody answers.
async::awaitable<admin_answer> ask_admin(async::executor on, const config::settings& with, bool is_order,
                                         std::string target);

}  // namespace weir::app
