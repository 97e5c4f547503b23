#include <support/child_process.hpp>

#include <support/temporary_directory.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace weir::support {
namespace {

constexpr int exec_failed = 127;

[[noreturn]] void raise(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

struct account {
  uid_t user = 0;
  gid_t group = 0;
};

account nobody() {
  const auto* entry = ::getpwnam("nobody");
  if (entry == nullptr) throw std::runtime_error("there is no user 'nobody'");
  return {entry->pw_uid, entry->pw_gid};
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

void close_if_open(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

/// All that the child needs, made before the fork: after it only calls that are safe there.
struct launch {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* directory;
  const char* output;
  int in = -1;
  int out = -1;
  bool changes_user = false;
  account user;
  int death_signal = SIGKILL;
  pid_t parent = 0;
};

[[noreturn]] void become(const launch& how) {
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGTERM, SIGINT, SIGCHLD, SIGHUP}) ::signal(number, SIG_DFL);
  const int log = ::open(how.output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (log < 0 || nothing < 0) ::_exit(exec_failed);
  ::dup2(how.in >= 0 ? how.in : nothing, STDIN_FILENO);
  ::dup2(how.out >= 0 ? how.out : log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (::chdir(how.directory) != 0) ::_exit(exec_failed);
  if (how.changes_user) {
    if (::syscall(SYS_setgroups, 0, nullptr) != 0 || ::syscall(SYS_setgid, how.user.group) != 0 ||
        ::syscall(SYS_setuid, how.user.user) != 0) {
      ::_exit(exec_failed);
    }
  }
  // After the change of user, which clears it. The parent may be gone already.
  ::prctl(PR_SET_PDEATHSIG, how.death_signal);
  if (::getppid() != how.parent) ::_exit(exec_failed);
  ::execvpe(how.arguments[0], how.arguments.data(), how.environment.data());
  const std::string_view text = "the program could not be executed: ";
  (void)!::write(STDERR_FILENO, text.data(), text.size());
  (void)!::write(STDERR_FILENO, how.arguments[0], std::char_traits<char>::length(how.arguments[0]));
  (void)!::write(STDERR_FILENO, "\n", 1);
  ::_exit(exec_failed);
}

}  // namespace

child_process::child_process(const command& what) {
  int in[2] = {-1, -1};
  int out[2] = {-1, -1};
  if (what.has_pipes && (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0)) raise("pipe2");

  const auto output = what.output.empty() ? std::string{"/dev/null"} : what.output.string();
  const auto directory = what.directory.string();
  launch how;
  how.arguments = pointers(what.arguments);
  if (what.environment) {
    how.environment = pointers(*what.environment);
  } else {
    for (char** entry = environ; *entry != nullptr; ++entry) how.environment.push_back(*entry);
    how.environment.push_back(nullptr);
  }
  how.directory = directory.c_str();
  how.output = output.c_str();
  how.in = in[0];
  how.out = out[1];
  how.changes_user = what.as_nobody && ::geteuid() == 0;
  if (how.changes_user) how.user = nobody();
  how.death_signal = what.death_signal;
  how.parent = ::getpid();

  pid_ = ::fork();
  if (pid_ == 0) become(how);
  close_if_open(in[0]);
  close_if_open(out[1]);
  to_child_ = in[1];
  from_child_ = out[0];
  if (pid_ < 0) raise("fork");
  ::setpgid(pid_, pid_);  // whoever of the two is first
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) raise("pidfd_open");
}

child_process::~child_process() {
  kill();
  close_if_open(to_child_);
  close_if_open(from_child_);
  close_if_open(pidfd_);
}

void child_process::signal(int number) {
  if (!status_) ::kill(pid_, number);
}

void child_process::kill() {
  if (pid_ <= 0) return;
  // Not after the child was reaped, unless others of its group live: the number may belong to someone else
  // then.
  if (!status_) ::kill(-pid_, SIGKILL);
  (void)wait(std::chrono::seconds{30});
}

std::optional<int> child_process::wait(milliseconds bound) {
  if (status_) return status_;
  const auto until = std::chrono::steady_clock::now() + bound;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    pollfd watched{pidfd_, POLLIN, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    break;
  }
  int state = 0;
  // The group may have others left (a server's workers): they go with the leader.
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  ::kill(-pid_, SIGKILL);
  if (::waitpid(pid_, &state, 0) != pid_) raise("waitpid");
  status_ = WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
  return status_;
}

void child_process::write_line(const std::string& line) {
  const auto text = line + "\n";
  if (::write(to_child_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    raise("write to a child");
}

std::string child_process::read_line(milliseconds bound) {
  const auto until = std::chrono::steady_clock::now() + bound;
  while (true) {
    if (const auto end = pending_.find('\n'); end != std::string::npos) {
      auto line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    pollfd watched{from_child_, POLLIN, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) throw std::runtime_error("a child wrote no line in time");
    char block[4096];
    const auto size = ::read(from_child_, block, sizeof block);
    if (size <= 0) throw std::runtime_error("a child closed its output");
    pending_.append(block, static_cast<std::size_t>(size));
  }
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  for (const auto& each : std::filesystem::directory_iterator{"/proc"}) {
    const auto name = each.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    // "pid (name) state ppid ...", where the name may hold anything.
    const auto line = read_text(each.path() / "stat");
    const auto end = line.rfind(')');
    if (end == std::string::npos || end + 4 >= line.size()) continue;
    if (std::strtol(line.c_str() + end + 4, nullptr, 10) == parent) found.push_back(std::stoi(name));
  }
  return found;
}

std::string run_program(command what, std::chrono::milliseconds bound) {
  temporary_directory scratch;
  if (what.output.empty()) what.output = scratch / "output";
  child_process child{what};
  const auto status = child.wait(bound);
  auto text = read_text(what.output);
  if (!status || *status != 0) {
    throw std::runtime_error(fmt::format("{} {}:\n{}", fmt::join(what.arguments, " "),
                                         status ? fmt::format("failed with {}", *status) : "took too long",
                                         text));
  }
  return text;
}

}  // namespace weir::support
