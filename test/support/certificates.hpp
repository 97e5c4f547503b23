#pragma once

#include <support/temporary_directory.hpp>

#include <filesystem>
#include <string>

namespace weir::support {

/// A certificate and its key (PKCS#8), each a PEM file; the key belongs to whom PostgreSQL runs as.
struct certificate {
  std::filesystem::path chain;
  std::filesystem::path key;
};

/// A certificate authority of a test, made by openssl and trusted by nobody else.
class certificate_authority {
 public:
  explicit certificate_authority(const std::string& name = "weir test");

  /// What a client trusts.
  [[nodiscard]] const std::filesystem::path& root() const { return root_.chain; }
  /// For a server that is reached under `subject`, like "DNS:localhost" or "IP:127.0.0.1".
  certificate issue(const std::string& subject);

 private:
  certificate make(const std::string& name, const std::string& common_name, const std::string& more);

  temporary_directory directory_{"weir-certificates"};
  int issued_ = 0;
  certificate root_;
};

}  // namespace weir::support
