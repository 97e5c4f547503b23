#include <support/weir_process.hpp>

#include <fmt/format.h>
#include <unistd.h>
#include <support/eventually.hpp>
#include <support/free_port.hpp>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace weir::support {
namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

http_answer parse(const std::string& text) {
  http_answer answer;
  const auto end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.") || end == std::string::npos) return answer;
  answer.status = std::atoi(text.c_str() + std::string_view{"HTTP/1.1 "}.size());
  answer.body = text.substr(end + 4);
  std::istringstream lines{text.substr(0, end)};
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    auto name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto value = line.find_first_not_of(' ', colon + 1);
    answer.headers[name] = value == std::string::npos ? "" : line.substr(value);
  }
  return answer;
}

}  // namespace

http_answer http_get(std::uint16_t port, const std::string& path, const std::string& token,
                     std::chrono::milliseconds bound) {
  asio::io_context loop{1};
  asio::ip::tcp::socket socket{loop};
  const asio::ip::tcp::endpoint there{asio::ip::address_v4::loopback(), port};
  auto request = fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n", path, port);
  if (!token.empty()) request += fmt::format("Authorization: Bearer {}\r\n", token);
  request += "\r\n";
  std::string text;
  const auto read = [&](const boost::system::error_code& error, std::size_t) {
    if (!error) asio::async_read(socket, asio::dynamic_buffer(text), [](const auto&, std::size_t) {});
  };
  socket.async_connect(there, [&](const boost::system::error_code& error) {
    if (!error) asio::async_write(socket, asio::buffer(request), read);
  });
  loop.run_for(bound);
  return loop.stopped() ? parse(text) : http_answer{};
}

weir_process::weir_process(variables environment, std::vector<std::string> arguments,
                           const std::string& output_to) {
  http_port_ = free_port();
  environment.try_emplace("WEIR_HTTP", fmt::format("127.0.0.1:{}", http_port_));
  environment.try_emplace("PATH", "/usr/bin:/bin");
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) environment.try_emplace(name, value);
  }
  command what;
  const char* given = std::getenv("WEIR_BINARY");
  // A shell keeps the two streams apart, which the child itself does not.
  what.arguments = {"/bin/sh", "-c", "exec \"$@\" >\"$0\" 2>stderr", output_to,
                    given != nullptr ? given : WEIR_BINARY};
  what.arguments.insert(what.arguments.end(), arguments.begin(), arguments.end());
  what.environment.emplace();
  for (const auto& [name, value] : environment) what.environment->push_back(name + "=" + value);
  what.directory = directory_.path();
  process_.emplace(what);
}

std::optional<double> weir_process::metric(const std::string& sample) const {
  std::istringstream lines{get("/metrics").body};
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with(sample + " ")) return std::strtod(line.c_str() + sample.size(), nullptr);
  }
  return std::nullopt;
}

void weir_process::wait_for(const std::string& what, const std::function<bool()>& holds, milliseconds bound) {
  bool has_ended = false;
  const auto is_over = [&] {
    if (holds()) return true;
    has_ended = !is_running();
    return has_ended;
  };
  if (eventually(is_over, bound, milliseconds{20}) && !has_ended) return;
  const auto how = has_ended ? fmt::format("weir ended with {}", *process_->wait(milliseconds{0}))
                             : fmt::format("{} ms were over", bound.count());
  throw std::runtime_error(fmt::format("{} before {}; its log:\n{}", how, what, log()));
}

void weir_process::wait_until_ready(milliseconds bound) {
  wait_for("it was ready", [this] { return get("/ready").status == 200; }, bound);
}

void weir_process::wait_for_log(const std::string& text, milliseconds bound) {
  wait_for("it logged: " + text, [&] { return log().find(text) != std::string::npos; }, bound);
}

weir_end weir_process::stop(milliseconds bound) {
  signal(SIGTERM);
  return wait(bound);
}

weir_end weir_process::wait(milliseconds bound) {
  const auto began = steady::now();
  const auto code = process_->wait(bound);
  const auto took = std::chrono::duration_cast<milliseconds>(steady::now() - began);
  if (!code)
    throw std::runtime_error(fmt::format("weir did not end within {} ms; its log:\n{}", bound.count(), log()));
  return {*code, took};
}

weir_process::variables hanging_names(const std::filesystem::path& file) {
  return {{"LD_PRELOAD", WEIR_TEST_NAMES}, {"HANGING_NAMES_FILE", file.string()}};
}

void jumping_clock::set(std::chrono::seconds offset) const {
  const std::int64_t seconds = offset.count();
  // In place: the process has the file in its memory.
  std::fstream file{directory_ / "offset", std::ios::binary | std::ios::in | std::ios::out};
  if (!file) file.open(directory_ / "offset", std::ios::binary | std::ios::out);
  file.write(reinterpret_cast<const char*>(&seconds), sizeof seconds);
  file.close();
  if (!file) throw std::runtime_error("the clock's file could not be written");
}

weir_process::variables jumping_clock::variables() const {
  return {{"LD_PRELOAD", WEIR_TEST_CLOCK}, {"JUMPING_CLOCK_FILE", (directory_ / "offset").string()}};
}

process_figures figures_of(pid_t process) {
  const auto root = std::filesystem::path{"/proc"} / std::to_string(process);
  process_figures found;
  std::istringstream status{read_text(root / "status")};
  std::string line;
  const auto number = [&line](std::string_view name) -> std::optional<std::uint64_t> {
    if (!line.starts_with(name)) return std::nullopt;
    return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  };
  while (std::getline(status, line)) {
    if (const auto value = number("VmRSS:")) found.resident_bytes = *value * 1024;
    if (const auto value = number("VmHWM:")) found.peak_resident_bytes = *value * 1024;
    if (const auto value = number("Threads:")) found.threads = *value;
  }
  const std::filesystem::directory_iterator descriptors{root / "fd"};
  found.descriptors = static_cast<std::uint64_t>(std::distance(begin(descriptors), end(descriptors)));
  // Fields 14 and 15 of stat, counted behind the name, which may hold anything.
  const auto text = read_text(root / "stat");
  std::istringstream stat{text.substr(std::min(text.size(), text.rfind(')') + 2))};
  std::string skipped;
  for (int field = 3; field < 14; ++field) stat >> skipped;
  double user = 0;
  double system = 0;
  stat >> user >> system;
  found.processor_seconds = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return found;
}

}  // namespace weir::support
