#include <config/assign.hpp>
#include <config/words.hpp>

#include <fmt/format.h>

#include <arpa/inet.h>

namespace weir::config {
namespace {

fault check_conninfo(std::string_view text) {
  const bool is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
  if (is_url || text.find('=') != std::string_view::npos) return {};
  return {"is neither a URL nor a conninfo string",
          "write postgresql://user@host/database or host=... dbname=..."};
}

bool is_address(const std::string& host) {
  in6_addr room{};
  return host == "localhost" || ::inet_pton(AF_INET, host.c_str(), &room) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

}  // namespace

fault put_libpq(settings& into, const setting& which, const parsed& value) {
  into.libpq[std::string{which.name}] = value.text;
  return {};
}

fault put_topic(settings& into, const setting& /*which*/, const parsed& value) {
  into.topic = value.text;
  return check_topic_template(value.text, {"prefix", "schema", "table"});
}

fault put_dead_letter_topic(settings& into, const setting& /*which*/, const parsed& value) {
  into.dead_letter_topic = value.text;
  return check_topic_template(value.text, {"prefix"});
}

fault put_state(settings& into, const setting& /*which*/, const parsed& value) {
  constexpr std::string_view file = "file:";
  const std::string_view text = value.text;
  if (text == "kafka") {
    into.state = state_kind::kafka;
  } else if (text == "none") {
    into.state = state_kind::none;
  } else if (text.starts_with(file) && text.size() > file.size()) {
    into.state = state_kind::file;
    into.state_path = text.substr(file.size());
  } else {
    return {"is no place for the position", "write kafka, file:PATH or none"};
  }
  return {};
}

fault put_http(settings& into, const setting& /*which*/, const parsed& value) {
  auto read = parse_host_and_port(value.text, port_rule::required_or_any);
  if (!read.wrong && !is_address(read.host)) {
    read.wrong = {fmt::format("names the host '{}'", read.host),
                  "an address is needed here, such as 0.0.0.0:8080"};
  }
  into.http = {std::move(read.host), read.port};
  return std::move(read.wrong);
}

fault put_postgres(settings& into, const setting& /*which*/, const parsed& value) {
  into.postgres = value.hidden;
  return check_conninfo(value.hidden.read());
}

fault check_broker(std::string_view text) { return parse_host_and_port(text, port_rule::optional).wrong; }

}  // namespace weir::config
