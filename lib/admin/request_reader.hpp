#pragma once

#include <admin/router.hpp>

#include <memory>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace weir::admin {

/// Bytes of a connection become requests, one after another; what is pipelined stays for the next. No I/O, and
/// never more memory than the header's limit and one read.
class request_reader {
 public:
  explicit request_reader(bytes header_limit);

  /// Room for the next read, and how much of it was filled.
  [[nodiscard]] boost::asio::mutable_buffer room();
  void filled(std::size_t size) { buffer_.commit(size); }

  /// Whether bytes of a request are here already.
  [[nodiscard]] bool has_begun() const { return buffer_.size() > 0; }

  enum class progress { needs_more, complete, refused };
  /// Looks at what was read. After `complete` `current` is valid; after `refused` `refusal` says why and the
  /// connection is of no more use.
  [[nodiscard]] progress advance();

  [[nodiscard]] request current() const;
  [[nodiscard]] unsigned version() const;
  [[nodiscard]] bool keeps_alive() const;
  [[nodiscard]] const reply& refusal() const { return refusal_; }

  /// Forgets the current request; the next may begin.
  void next();

 private:
  progress refuse(boost::beast::http::status status, std::string_view why);
  progress check_header();

  using parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;
  bytes header_limit_;
  boost::beast::flat_buffer buffer_;
  std::unique_ptr<parser> parser_;  ///< of the current request; never null
  reply refusal_;
};

}  // namespace weir::admin
