#pragma once

#include <registry/base_url.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace weir::registry {

struct credentials {
  std::string user;  ///< empty: none
  std::string password;
};

struct options {
  std::vector<base_url> urls;        ///< of one registry, tried in turn; at least one
  std::function<credentials()> who;  ///< asked for every request, so that a rotated secret counts; empty: none
  std::chrono::milliseconds connect_timeout{10'000};        ///< name, TCP and TLS, for each address of a name
  std::chrono::milliseconds request_timeout{15'000};        ///< from the request to the whole answer
  std::size_t answer_limit = std::size_t{4} * 1024 * 1024;  ///< a longer answer is a failure
};

}  // namespace weir::registry
