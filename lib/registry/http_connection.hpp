#pragma once

#include <async/blocking_pool.hpp>
#include <registry/options.hpp>

#include <memory>
#include <optional>
#include <string>

namespace weir::registry {

struct http_request {
  bool is_post = false;
  std::string target;  ///< path, escaped
  std::string body;    ///< of a POST
  std::string authorization;
};

struct http_response {
  unsigned status = 0;
  std::string body;
};

/// One connection to one address of a registry, over TLS where its URL says so. Asked again after each answer.
class http_connection {
 public:
  /// Resolves on the pool and tries each address. Throws weir::failure: retry "registry_unreachable", permanent
  /// "registry_certificate".
  static async::awaitable<std::unique_ptr<http_connection>> open(async::self me, async::blocking_pool& pool,
                                                                 base_url to, std::chrono::milliseconds bound);
  ~http_connection();
  http_connection(const http_connection&) = delete;
  http_connection& operator=(const http_connection&) = delete;

  /// Throws boost::system::system_error when the connection breaks, or the answer is no HTTP or longer than
  /// `answer_limit`. Of no use any more after that, and after a cancellation.
  async::awaitable<http_response> exchange(http_request what, std::size_t answer_limit);

  /// The server lets it be used again.
  [[nodiscard]] bool stays() const { return stays_; }

 private:
  struct parts;
  explicit http_connection(std::unique_ptr<parts> of);

  std::unique_ptr<parts> parts_;
  bool stays_ = true;
};

}  // namespace weir::registry
