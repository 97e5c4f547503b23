#include <admin/request_reader.hpp>

#include <algorithm>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

namespace weir::admin {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t read_size = 4096;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

request_reader::request_reader(bytes header_limit)
    : header_limit_(header_limit), buffer_(header_limit + read_size) {
  next();
}

boost::asio::mutable_buffer request_reader::room() {
  return buffer_.prepare(std::min<std::size_t>(read_size, buffer_.max_size() - buffer_.size()));
}

request_reader::progress request_reader::advance() {
  boost::system::error_code error;
  while (buffer_.size() > 0 && !parser_->is_header_done()) {
    const auto used = parser_->put(buffer_.data(), error);
    buffer_.consume(used);
    if (error == http::error::need_more) return progress::needs_more;
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return refuse(http::status::request_header_fields_too_large, "the request's header is too large");
    }
    if (error) return refuse(http::status::bad_request, "this is no HTTP request: " + error.message());
  }
  return parser_->is_header_done() ? check_header() : progress::needs_more;
}

request_reader::progress request_reader::check_header() {
  const auto& header = parser_->get();
  if (parser_->chunked() || parser_->content_length().value_or(0) > 0) {
    return refuse(http::status::payload_too_large, "requests have no body here");
  }
  // RFC 9112, 3.2: a server must refuse a request of HTTP/1.1 without exactly one Host.
  if (header.version() >= 11 && header.count(http::field::host) != 1) {
    return refuse(http::status::bad_request, "the request must have one Host field");
  }
  return progress::complete;
}

request request_reader::current() const {
  const auto& header = parser_->get();
  request asked;
  if (header.method() == http::verb::get) asked.how = request::method::get;
  if (header.method() == http::verb::head) asked.how = request::method::head;
  if (header.method() == http::verb::post) asked.how = request::method::post;
  asked.target = view(header.target());
  asked.authorization = view(header[http::field::authorization]);
  asked.accept = view(header[http::field::accept]);
  asked.is_from_page = header.count(http::field::origin) > 0;
  return asked;
}

unsigned request_reader::version() const { return parser_->is_header_done() ? parser_->get().version() : 11; }

bool request_reader::keeps_alive() const { return parser_->is_header_done() && parser_->keep_alive(); }

void request_reader::next() {
  parser_ = std::make_unique<parser>();
  parser_->header_limit(static_cast<std::uint32_t>(header_limit_));
  // A body is refused by its header, in words; the parser's own limit would only be an error code.
  parser_->body_limit(boost::none);
}

request_reader::progress request_reader::refuse(http::status status, std::string_view why) {
  refusal_ = plain(status, why);
  return progress::refused;
}

}  // namespace weir::admin
