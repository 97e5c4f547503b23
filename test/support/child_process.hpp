#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace weir::support {

/// What to start and in which surroundings.
struct command {
  std::vector<std::string> arguments = {};                   ///< the program first, looked up in PATH
  std::optional<std::vector<std::string>> environment = {};  ///< "NAME=value"; nothing: as ours
  std::filesystem::path output = {};  ///< stdout and stderr are appended; empty: /dev/null
  std::filesystem::path directory = "/";
  bool as_nobody = false;      ///< when we are root, run as `nobody` (PostgreSQL refuses root)
  bool has_pipes = false;      ///< stdin and stdout are pipes to us; stderr goes to `output`
  int death_signal = SIGKILL;  ///< what it gets when our process dies
};

/// A child in a process group of its own. The destructor kills the whole group and reaps the child.
class child_process {
 public:
  using milliseconds = std::chrono::milliseconds;

  explicit child_process(const command& what);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool is_running() { return !wait(milliseconds{0}); }

  /// Signals the child alone; nothing when it has ended.
  void signal(int number);
  /// SIGKILL to the whole group, then reaps.
  void kill();

  /// Waits for the end: the exit code, or 128 + the signal that ended it, as a shell says it. Nothing when
  /// `bound` is over first.
  std::optional<int> wait(milliseconds bound);

  /// Only with pipes: writes a line; reads one line, or throws when none comes within `bound`.
  void write_line(const std::string& line);
  std::string read_line(milliseconds bound);

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  int to_child_ = -1;
  int from_child_ = -1;
  std::string pending_;
  std::optional<int> status_;
};

/// The processes whose parent is `parent` now.
std::vector<pid_t> children_of(pid_t parent);

/// Runs a program to its end and returns what it wrote (stdout and stderr). Throws, with that text, when it
/// fails or takes longer than `bound`.
std::string run_program(command what, std::chrono::milliseconds bound);

}  // namespace weir::support
