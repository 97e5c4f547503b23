#include <support/certificates.hpp>

#include <fmt/format.h>
#include <support/child_process.hpp>

#include <vector>

namespace weir::support {
namespace {

constexpr std::chrono::seconds openssl_bound{30};

}  // namespace

certificate_authority::certificate_authority(const std::string& name) {
  std::filesystem::permissions(directory_.path(), std::filesystem::perms{0777});
  root_ = make("root", name, "");
}

certificate certificate_authority::issue(const std::string& subject) {
  return make(fmt::format("server-{}", ++issued_), "server", subject);
}

certificate certificate_authority::make(const std::string& name, const std::string& common_name,
                                        const std::string& more) {
  certificate made{directory_ / (name + ".pem"), directory_ / (name + ".key")};
  std::vector<std::string> arguments{"openssl",  "req",
                                     "-x509",    "-newkey",
                                     "rsa:2048", "-nodes",
                                     "-days",    "2",
                                     "-subj",    "/CN=" + common_name,
                                     "-out",     made.chain.string(),
                                     "-keyout",  made.key.string()};
  if (!more.empty()) {
    for (const auto& each : {std::string{"-CA"}, root_.chain.string(), std::string{"-CAkey"},
                             root_.key.string(), std::string{"-addext"}, "subjectAltName=" + more,
                             std::string{"-addext"}, std::string{"basicConstraints=critical,CA:FALSE"}}) {
      arguments.push_back(each);
    }
  }
  run_program({.arguments = arguments, .as_nobody = true}, openssl_bound);
  return made;
}

}  // namespace weir::support
