#include <metrics/process.hpp>
#include <metrics/registry.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace weir::metrics {
namespace {

/// Fields of /proc/self/stat, numbered as in proc(5) from 1; the first two are cut off with the process's name.
constexpr std::size_t fields_before = 2;
constexpr std::size_t field_user_ticks = 14;
constexpr std::size_t field_system_ticks = 15;
constexpr std::size_t field_threads = 20;
constexpr std::size_t field_start_ticks = 22;
constexpr std::size_t field_virtual_bytes = 23;
constexpr std::size_t field_resident_pages = 24;

class process_stat {
 public:
  [[nodiscard]] static std::optional<process_stat> read() {
    std::ifstream file{"/proc/self/stat"};
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    // The name stands in parentheses and may hold spaces and parentheses itself.
    const auto after_name = line.rfind(')');
    if (after_name == std::string::npos) return std::nullopt;
    std::istringstream rest{line.substr(after_name + 1)};
    process_stat stat;
    stat.fields_.assign(std::istream_iterator<std::string>{rest}, {});
    if (stat.fields_.size() + fields_before < field_resident_pages) return std::nullopt;
    return stat;
  }

  [[nodiscard]] double number(std::size_t field) const { return std::stod(fields_[field - fields_before - 1]); }
  [[nodiscard]] double seconds(std::size_t field) const {
    return number(field) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

 private:
  std::vector<std::string> fields_;
};

/// Seconds since 1970 at which the machine started: `btime` of /proc/stat.
std::optional<double> boot_time() {
  std::ifstream file{"/proc/stat"};
  std::string word;
  while (file >> word) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return std::nullopt;
}

std::optional<double> open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator all{"/proc/self/fd", error};
  if (error) return std::nullopt;
  // The listing itself holds one.
  return static_cast<double>(std::distance(begin(all), end(all)) - 1);
}

std::optional<double> most_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

void set(gauge into, std::optional<double> value) {
  if (value) into.set(*value);
}

}  // namespace

std::function<void()> copy_process_figures(registry& into) {
  return [&into, boot = boot_time()] {
    set(into.gauge(metric::process_open_fds), open_descriptors());
    set(into.gauge(metric::process_max_fds), most_descriptors());
    const auto stat = process_stat::read();
    if (!stat) return;
    into.counter(metric::process_cpu_seconds_total)
        .set_to_seconds(stat->seconds(field_user_ticks) + stat->seconds(field_system_ticks));
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    into.gauge(metric::process_resident_memory_bytes).set(stat->number(field_resident_pages) * page);
    into.gauge(metric::process_virtual_memory_bytes).set(stat->number(field_virtual_bytes));
    into.gauge(metric::process_threads).set(stat->number(field_threads));
    if (boot) into.gauge(metric::process_start_time_seconds).set(*boot + stat->seconds(field_start_ticks));
  };
}

}  // namespace weir::metrics
