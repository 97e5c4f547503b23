#include <admin/router.hpp>
#include <admin/tasks_page.hpp>

#include <base/base.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::admin {
namespace {

using boost::beast::http::status;

constexpr std::string_view json_type = "application/json";
/// The version of the text format; Prometheus asks for it by this name.
constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

bool has_parameter(std::string_view target, std::string_view wanted) {
  const auto mark = target.find('?');
  auto query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    if (query.substr(0, end) == wanted) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

int hex_digit(char of) {
  if (of >= '0' && of <= '9') return of - '0';
  const char small = static_cast<char>(of | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/// RFC 3986, 2.1. Nothing when a percent sign stands before something else than two hexadecimal digits.
std::optional<std::string> decoded(std::string_view text) {
  std::string made;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      made += text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[at + 2]) : -1;
    if (low < 0) return std::nullopt;
    made += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return made;
}

/// Every value of the query's parameter `name`; nothing when one is not encoded as it should be.
std::optional<std::vector<std::string>> parameters(std::string_view target, std::string_view name) {
  std::vector<std::string> all;
  const auto mark = target.find('?');
  auto query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto each = query.substr(0, end);
    if (each.size() > name.size() && each.starts_with(name) && each[name.size()] == '=') {
      auto value = decoded(each.substr(name.size() + 1));
      if (!value) return std::nullopt;
      all.push_back(std::move(*value));
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return all;
}

/// Takes the same time wherever the first difference is. The length is no secret.
bool is_same_secret(std::string_view given, std::string_view expected) {
  return given.size() == expected.size() && CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0;
}

bool is_bearer(std::string_view scheme) {
  constexpr std::string_view bearer = "bearer";
  const auto is_same_letter = [](char left, char right) { return (left | 0x20) == right; };
  return std::equal(scheme.begin(), scheme.end(), bearer.begin(), bearer.end(), is_same_letter);
}

bool holds_token(std::string_view authorization, std::string_view token) {
  const auto space = authorization.find(' ');
  if (space == std::string_view::npos || !is_bearer(authorization.substr(0, space))) return false;
  const auto given =
      authorization.substr(std::min(authorization.find_first_not_of(' ', space), authorization.size()));
  return is_same_secret(given, token);
}

reply probe(const answer& said) {
  return plain(said.is_good ? status::ok : status::service_unavailable,
               !said.reason.empty() ? said.reason : (said.is_good ? "ok" : "not ok"));
}

answer ask(const std::function<answer()>& question) { return question ? question() : answer{}; }

}  // namespace

reply plain(status code, std::string_view text) {
  reply made;
  made.status = code;
  made.body = fmt::format("{}\n", text);
  return made;
}

router::page router::page_of(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, page>, 9> known{{{"/", page::index},
                                                                           {"/health", page::health},
                                                                           {"/livez", page::health},
                                                                           {"/ready", page::ready},
                                                                           {"/readyz", page::ready},
                                                                           {"/metrics", page::metrics},
                                                                           {"/tasks", page::tasks},
                                                                           {"/status", page::status},
                                                                           {"/snapshot", page::snapshot}}};
  const auto* found =
      std::find_if(known.begin(), known.end(), [&](const auto& each) { return each.first == path; });
  return found == known.end() ? page::none : found->second;
}

bool router::is_probe(std::string_view target) {
  const auto which = page_of(path_of(target));
  return which == page::health || which == page::ready;
}

bool router::is_allowed(page which, const request& asked, reply& refusal) const {
  if (which == page::health || which == page::ready) return true;
  if (!token_.empty()) {
    if (holds_token(asked.authorization, token_)) return true;
    refusal = plain(status::unauthorized, "this page needs the bearer token of WEIR_HTTP_TOKEN");
    refusal.asks_for_token = true;
    return false;
  }
  if (is_trusted_ || which == page::metrics) return true;
  refusal = plain(status::forbidden,
                  "only the probes and /metrics answer on this address; set WEIR_HTTP_TOKEN to see the rest");
  return false;
}

reply router::answer(const request& asked, steady_time now) const {
  const auto which = page_of(path_of(asked.target));
  if (reply refusal; !is_allowed(which, asked, refusal)) return refusal;
  if (which == page::none) return plain(status::not_found, "there is no such page; / lists all");
  if (which == page::snapshot) return take_snapshot(asked);
  if (asked.how != request::method::get && asked.how != request::method::head) {
    auto refusal = plain(status::method_not_allowed, "pages are read with GET or HEAD");
    refusal.allow = "GET, HEAD";
    return refusal;
  }
  switch (which) {
    case page::index:
      return index();
    case page::health:
      return health(now);
    case page::ready:
      return probe(ask(pages_.ready));
    case page::metrics:
      return {status::ok, std::string{metrics_type}, figures_.render(), {}, false};
    case page::tasks:
      return tasks(asked, now);
    case page::status:
      return {status::ok, std::string{json_type}, pages_.status ? pages_.status() : "{}", {}, false};
    case page::snapshot:
    case page::none:
      break;
  }
  return plain(status::not_found, "there is no such page");
}

reply router::take_snapshot(const request& asked) const {
  if (!pages_.snapshot) return plain(status::not_found, "there is no such page; / lists all");
  if (asked.how != request::method::post) {
    auto refusal = plain(status::method_not_allowed, "an order is given with POST");
    refusal.allow = "POST";
    return refusal;
  }
  // A page of any site can make a browser on this machine send this.
  if (asked.is_from_page) return plain(status::forbidden, "orders are not taken from the page of a site");
  const auto tables = parameters(asked.target, "table");
  if (!tables || tables->empty()) {
    return plain(status::bad_request, "which tables? /snapshot?table=schema.name, once for each");
  }
  auto became = pages_.snapshot(*tables);
  if (!became.is_taken) return plain(status::bad_request, became.document);
  return {status::accepted, std::string{json_type}, std::move(became.document), {}, false};
}

reply router::health(steady_time now) const {
  const auto late = tasks_.overdue(now, overdue_);
  if (late.empty()) return probe(ask(pages_.health));
  std::vector<std::string> names;
  for (const auto& row : late) names.push_back(fmt::format("{} (waits for {})", row.name, row.waits_for));
  return probe({false, fmt::format("overdue tasks: {}", fmt::join(names, ", "))});
}

reply router::tasks(const request& asked, steady_time now) const {
  const auto groups = tasks_.grouped();
  if (has_parameter(asked.target, "format=text") || asked.accept.starts_with("text/plain")) {
    return {status::ok, "text/plain; charset=utf-8", tasks_as_text(groups, now), {}, false};
  }
  return {status::ok, std::string{json_type}, tasks_as_json(groups, now), {}, false};
}

reply router::index() const {
  const auto ready = ask(pages_.ready);
  return plain(status::ok, fmt::format("weir {}\n{}{}\n\n"
                                       "/health   is a restart needed?  also /livez\n"
                                       "/ready    do changes move?      also /readyz\n"
                                       "/metrics  figures for Prometheus\n"
                                       "/tasks    what runs and what it waits for  (?format=text)\n"
                                       "/status   source, slot, lag, targets, errors\n"
                                       "/snapshot  POST ?table=schema.name: read a table (again)",
                                       version, ready.is_good ? "ready" : "not ready",
                                       ready.reason.empty() ? "" : ": " + ready.reason));
}

}  // namespace weir::admin
