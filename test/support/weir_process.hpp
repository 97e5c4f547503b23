#pragma once

#include <support/child_process.hpp>
#include <support/temporary_directory.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir::support {

struct http_answer {
  int status = 0;                              ///< 0: nobody answered
  std::map<std::string, std::string> headers;  ///< names in small letters
  std::string body;
};

/// One GET on a connection of its own; status 0 when that does not work within `bound`.
http_answer http_get(std::uint16_t port, const std::string& path, const std::string& token = "",
                     std::chrono::milliseconds bound = std::chrono::seconds{5});

/// How a weir ended.
struct weir_end {
  int code = -1;  ///< exit code, or 128 + signal
  std::chrono::milliseconds took{0};
};

/// The built program with an environment of nothing but the given variables and PATH, its HTTP on a free port.
/// Killed at the end if it still runs.
class weir_process {
 public:
  using milliseconds = std::chrono::milliseconds;
  using variables = std::map<std::string, std::string>;

  /// `arguments` like {"check"}; none is `run`. A WEIR_HTTP among the variables is left alone. `output_to`
  /// takes standard output instead of a file that `output` reads: /dev/full, say.
  explicit weir_process(variables environment, std::vector<std::string> arguments = {},
                        const std::string& output_to = "stdout");

  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  [[nodiscard]] std::uint16_t port() const { return http_port_; }
  [[nodiscard]] bool is_running() { return process_->is_running(); }
  /// Standard output and standard error so far.
  [[nodiscard]] std::string output() const { return read_text(directory_ / "stdout"); }
  [[nodiscard]] std::string log() const { return read_text(directory_ / "stderr"); }

  [[nodiscard]] http_answer get(const std::string& path, const std::string& token = "") const {
    return http_get(http_port_, path, token);
  }
  /// The value of a sample of /metrics, by its name with labels as printed; nothing when there is none.
  [[nodiscard]] std::optional<double> metric(const std::string& sample) const;

  /// Waits for /ready to answer 200. Throws with the log when weir ends or is not ready within `bound`.
  void wait_until_ready(milliseconds bound = std::chrono::seconds{120});
  /// Waits until `holds`; throws, with what was waited for and the log, when weir ends or `bound` is over
  /// first.
  void wait_for(const std::string& what, const std::function<bool()>& holds,
                milliseconds bound = std::chrono::seconds{120});
  /// Waits for a line of the log that holds `text`.
  void wait_for_log(const std::string& text, milliseconds bound = std::chrono::seconds{120});

  void signal(int number) { process_->signal(number); }
  /// SIGTERM and the wait for the end; throws with the log when that takes longer than `bound`.
  weir_end stop(milliseconds bound = std::chrono::seconds{60});
  /// Waits for an end that comes by itself.
  weir_end wait(milliseconds bound = std::chrono::seconds{60});
  void kill() { process_->kill(); }

 private:
  temporary_directory directory_{"weir-process"};
  std::uint16_t http_port_ = 0;
  std::optional<child_process> process_;
};

/// For a process whose look-ups of names that end with .hang never end, as long as `file` exists.
[[nodiscard]] weir_process::variables hanging_names(const std::filesystem::path& file);

/// A wall clock that jumps as a test wants; steady clocks do not.
class jumping_clock {
 public:
  jumping_clock() { set(std::chrono::seconds{0}); }
  /// How far it is off from now on.
  void set(std::chrono::seconds offset) const;
  /// For a process that lives by it.
  [[nodiscard]] weir_process::variables variables() const;

 private:
  temporary_directory directory_{"weir-clock"};
};

/// What the operating system knows of a process.
struct process_figures {
  std::uint64_t resident_bytes = 0;
  std::uint64_t peak_resident_bytes = 0;
  std::uint64_t descriptors = 0;
  std::uint64_t threads = 0;
  double processor_seconds = 0;
};
process_figures figures_of(pid_t process);

}  // namespace weir::support
