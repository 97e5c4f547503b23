#pragma once

#include <admin/server.hpp>

#include <string>
#include <string_view>

#include <boost/beast/http/status.hpp>

namespace weir::admin {

/// What counts of a request; views into the parser's header.
struct request {
  enum class method { get, head, post, other };
  method how = method::other;
  std::string_view target;         ///< path and query, as sent
  std::string_view authorization;  ///< the header's value; empty: none
  std::string_view accept;
  bool is_from_page = false;  ///< a browser sends it for a page of some site
};

struct reply {
  boost::beast::http::status status = boost::beast::http::status::ok;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string allow;            ///< with 405
  bool asks_for_token = false;  ///< with 401
};

/// A reply that says `text` and nothing else.
[[nodiscard]] reply plain(boost::beast::http::status code, std::string_view text);

/// Decides what a request gets: which page, and whether it may have it. Reads no socket.
class router {
 public:
  /// `is_trusted`: the address is one that only this machine reaches, so no token is asked for when none is
  /// set.
  router(const async::task_registry& tasks, metrics::registry& figures, const pages& what, std::string token,
         bool is_trusted, steady_clock::duration overdue)
      : tasks_(tasks),
        figures_(figures),
        pages_(what),
        token_(std::move(token)),
        is_trusted_(is_trusted),
        overdue_(overdue) {}

  [[nodiscard]] reply answer(const request& asked, steady_time now) const;

  /// Whether a target is a probe, which is answered whatever else is refused.
  [[nodiscard]] static bool is_probe(std::string_view target);

 private:
  enum class page { index, health, ready, metrics, tasks, status, snapshot, none };
  static page page_of(std::string_view path);

  [[nodiscard]] bool is_allowed(page which, const request& asked, reply& refusal) const;
  [[nodiscard]] reply health(steady_time now) const;
  [[nodiscard]] reply tasks(const request& asked, steady_time now) const;
  [[nodiscard]] reply index() const;
  [[nodiscard]] reply take_snapshot(const request& asked) const;

  const async::task_registry& tasks_;
  metrics::registry& figures_;
  const pages& pages_;
  std::string token_;
  bool is_trusted_;
  steady_clock::duration overdue_;
};

}  // namespace weir::admin
