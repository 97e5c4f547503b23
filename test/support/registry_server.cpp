#include <support/registry_server.hpp>

#include <support/eventually.hpp>
#include <support/free_port.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <stdexcept>

namespace weir::support {
namespace {

using namespace std::chrono_literals;

constexpr auto start_bound = 180s;
constexpr auto stop_bound = 30s;
constexpr auto answer_bound = 60s;
constexpr int start_tries = 5;

std::string curl(std::vector<std::string> more) {
  more.insert(more.begin(), {"curl", "--silent", "--show-error", "--fail"});
  return run_program({.arguments = std::move(more)}, answer_bound);
}

}  // namespace

registry_server::registry_server() {
  for (int tries = 1;; ++tries) {
    port_ = free_port();
    try {
      start();
      return;
    } catch (const std::runtime_error& error) {
      const bool is_taken = std::string_view{error.what()}.find("in use") != std::string_view::npos;
      if (!is_taken || tries == start_tries) throw;
    }
  }
}

registry_server::~registry_server() = default;

std::string registry_server::url() const { return fmt::format("http://127.0.0.1:{}/apis/ccompat/v7", port_); }

void registry_server::start() {
  const auto log = directory_ / "log";
  server_.emplace(command{.arguments = {"/bin/bash", WEIR_SOURCE_DIR "/deploy/bed/registry",
                                        (directory_ / "data").string(), std::to_string(port_)},
                          .output = log});
  const auto answers = [this] {
    if (!server_->is_running()) return true;
    try {
      return !get("/subjects").empty();
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  if (eventually(answers, start_bound, 200ms) && server_->is_running()) return;
  server_.reset();
  throw std::runtime_error("the schema registry did not start:\n" + read_text(log));
}

void registry_server::stop() {
  if (!server_) return;
  server_->signal(SIGTERM);
  if (!server_->wait(stop_bound)) throw std::runtime_error("the schema registry did not stop within 30 s");
  server_.reset();
}

void registry_server::freeze() { server_->signal(SIGSTOP); }
void registry_server::thaw() { server_->signal(SIGCONT); }

std::string registry_server::get(const std::string& path) const { return curl({url() + path}); }

std::string registry_server::schema(std::uint32_t id) const {
  const auto answer = get(fmt::format("/schemas/ids/{}", id));
  simdjson::dom::parser parser;
  std::string_view text = parser.parse(answer)["schema"];
  return std::string{text};
}

void registry_server::set_compatibility(const std::string& level) const {
  curl({"--request", "PUT", "--header", "Content-Type: application/json", "--data",
        fmt::format(R"({{"compatibility":"{}"}})", level), url() + "/config"});
}

}  // namespace weir::support
