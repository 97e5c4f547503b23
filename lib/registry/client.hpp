#pragma once

#include <async/blocking_pool.hpp>
#include <registry/answer.hpp>
#include <registry/http_connection.hpp>
#include <registry/options.hpp>

#include <memory>
#include <string>
#include <unordered_map>

namespace weir::registry {

/// A client of the registry's REST API
/// (https://docs.confluent.io/platform/current/schema-registry/develop/api.html). One connection is kept
/// between requests; each request is bounded. What was registered is remembered, what was refused is not: an
/// operator may change the subject's compatibility meanwhile.
///
/// Certificates and host names are verified against the system's authorities, or what SSL_CERT_FILE and
/// SSL_CERT_DIR name. The calls throw weir::failure: "registry_unreachable" and "registry_silent" (retry)
/// when no address answers, "registry_certificate" (permanent), and what read_enrolment throws. They do not try
/// again: the caller decides how long to wait. Cancelled they end at once; the connection is not used again
/// then.
class client {
 public:
  client(async::blocking_pool& pool, options with);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Makes `schema`, an Avro schema, a version of `subject`. Registering the same twice gives the same id.
  async::awaitable<enrolment> enrol(async::self me, std::string subject, std::string schema);

  /// Asks for the subjects and returns the address that answered; what is wrong with the registry is thrown.
  async::awaitable<std::string> probe(async::self me);

  /// Ends the kept connection.
  void hang_up();

 private:
  /// Of which address, and what it said.
  struct answer {
    std::string where;
    http_response said;
  };
  /// To the address that answered last, else to the next one. The last failure is thrown when none answers.
  async::awaitable<answer> ask(async::self me, http_request what);
  async::awaitable<http_response> ask_one(async::self me, base_url to, http_request what);
  async::awaitable<http_response> exchange(async::self me, http_connection* over, http_request what,
                                           base_url to);
  [[nodiscard]] std::string authorization() const;

  async::blocking_pool& pool_;
  options with_;
  std::size_t preferred_ = 0;  ///< of `with_.urls`: the last one that answered
  std::unique_ptr<http_connection> kept_;
  std::string kept_to_;
  std::unordered_map<std::string, schema_id> known_;  ///< by subject and schema
};

}  // namespace weir::registry
