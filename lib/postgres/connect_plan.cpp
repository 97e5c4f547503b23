#include <postgres/connect_plan.hpp>

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netdb.h>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <map>
#include <memory>

#include <base/failure.hpp>

namespace weir::postgres {
namespace {

/// Role, database and PGOPTIONS cannot change how values are written or how long a statement may run; what
/// comes last prevails. The publisher writes values by the settings of its own session.
constexpr const char* pinned =
    "-c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=3 -c bytea_output=hex -c TimeZone=UTC "
    "-c lc_monetary=C -c search_path= -c statement_timeout=0 -c lock_timeout=0 "
    "-c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0 -c default_transaction_read_only=off";

using options = std::map<std::string, std::string>;
using option_list = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

[[noreturn]] void fail_configuration(const std::string& sentence) {
  throw failure{verdict::permanent, "configuration", sentence};
}

options values_of(const option_list& list) {
  options set;
  for (const auto* each = list.get(); each != nullptr && each->keyword != nullptr; ++each) {
    if (each->val != nullptr && *each->val != '\0') set.emplace(each->keyword, each->val);
  }
  return set;
}

/// libpq quotes the piece that it does not understand, which may be a password.
std::string without_quotes(const std::string& message) {
  std::string kept;
  bool is_quoted = false;
  for (const char c : message) {
    if (c == '\n') continue;
    if (c == '"') {
      if (!is_quoted) kept += "\"...\"";
      is_quoted = !is_quoted;
    } else if (!is_quoted) {
      kept += c;
    }
  }
  return kept;
}

options parse(const std::string& conninfo) {
  char* raw = nullptr;
  const option_list list{PQconninfoParse(conninfo.c_str(), &raw), &PQconninfoFree};
  const std::unique_ptr<char, decltype(&PQfreemem)> message{raw, &PQfreemem};
  if (!list) {
    fail_configuration("the connection string of PostgreSQL is not understood: " +
                       without_quotes(raw != nullptr ? raw : "out of memory"));
  }
  return values_of(list);
}

std::string take(options& from, const std::string& keyword) {
  const auto found = from.find(keyword);
  if (found == from.end()) return {};
  auto value = std::move(found->second);
  from.erase(found);
  return value;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (true) {
    const auto comma = list.find(',', from);
    parts.push_back(list.substr(from, comma - from));
    if (comma == std::string::npos) return parts;
    from = comma + 1;
  }
}

std::vector<address> addresses_of(const std::string& host, const std::string& hostaddr,
                                  const std::string& port) {
  const auto hosts = split(host);
  const auto hostaddrs = split(hostaddr);
  const auto ports = split(port);
  const auto count = hostaddr.empty() ? hosts.size() : hostaddrs.size();
  if (!host.empty() && hosts.size() != count) {
    fail_configuration(fmt::format(
        "the connection string of PostgreSQL names {} hosts but {} addresses (hostaddr)", hosts.size(), count));
  }
  if (ports.size() != 1 && ports.size() != count) {
    fail_configuration(
        fmt::format("the connection string of PostgreSQL names {} hosts but {} ports; give one port or "
                    "one for each host",
                    count, ports.size()));
  }
  std::vector<address> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back({host.empty() ? "" : hosts[i], hostaddr.empty() ? "" : hostaddrs[i],
                   ports.size() == 1 ? ports[0] : ports[i]});
  }
  return all;
}

std::optional<std::chrono::seconds> timeout_of(const std::string& text) {
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || seconds <= 0) return std::nullopt;
  return std::chrono::seconds{seconds};
}

bool is_numeric(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  const auto plain = host.substr(0, host.find('%'));
  return inet_pton(AF_INET, plain.c_str(), binary.data()) == 1 ||
         inet_pton(AF_INET6, plain.c_str(), binary.data()) == 1;
}

}  // namespace

bool address::needs_resolving() const {
  return hostaddr.empty() && !host.empty() && host.front() != '/' && host.front() != '@' && !is_numeric(host);
}

connect_plan connect_plan::make(const std::string& conninfo, session kind) {
  auto given = parse(conninfo);
  // A service file is libpq's own to read; what it names is resolved by libpq.
  const bool has_service = given.contains("service");
  const auto environment = values_of({PQconndefaults(), &PQconninfoFree});
  const auto take_or_default = [&](const std::string& keyword) {
    auto value = take(given, keyword);
    if (value.empty() && !has_service && environment.contains(keyword)) value = environment.at(keyword);
    return value;
  };

  connect_plan plan;
  // A host in the string prevails over an address in the environment.
  const bool names_host = given.contains("host") || given.contains("hostaddr");
  const auto hostaddr = names_host ? take(given, "hostaddr") : take_or_default("hostaddr");
  const auto host = names_host ? take(given, "host") : take_or_default("host");
  plan.hosts = addresses_of(host, hostaddr, take_or_default("port"));
  plan.timeout = timeout_of(take_or_default("connect_timeout"));

  auto target = take(given, "target_session_attrs");
  // libpq's own default is `any`; a standby that is listed first would then be taken for the primary.
  if (const auto found = environment.find("target_session_attrs");
      target.empty() && found != environment.end()) {
    target = std::getenv("PGTARGETSESSIONATTRS") != nullptr ? found->second : std::string{};
  }
  if (target.empty()) target = "primary";
  plan.targets = target == "prefer-standby" ? std::vector<std::string>{"standby", "any"} : std::vector{target};

  auto session_options = take_or_default("options");
  session_options += session_options.empty() ? pinned : std::string{" "} + pinned;
  given["options"] = session_options;
  given["client_encoding"] = "UTF8";
  given.emplace("fallback_application_name", "weir");
  given.erase("replication");
  if (kind == session::replication) given["replication"] = "database";
  plan.others.assign(given.begin(), given.end());
  return plan;
}

std::vector<connect_plan::parameter> connect_plan::parameters(const address& at,
                                                              const std::string& target) const {
  auto all = others;
  if (!at.host.empty()) all.emplace_back("host", at.host);
  if (!at.hostaddr.empty()) all.emplace_back("hostaddr", at.hostaddr);
  if (!at.port.empty()) all.emplace_back("port", at.port);
  all.emplace_back("target_session_attrs", target);
  return all;
}

std::vector<std::string> resolve(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &raw);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found{error == 0 ? raw : nullptr, &freeaddrinfo};
  if (error != 0) {
    throw failure{verdict::retry, "unreachable",
                  fmt::format("PostgreSQL's host \"{}\" has no address: {}", name, gai_strerror(error))};
  }
  std::vector<std::string> all;
  for (const auto* each = found.get(); each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) ==
        0) {
      all.emplace_back(text.data());
    }
  }
  return all;
}

}  // namespace weir::postgres
