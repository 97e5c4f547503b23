#include <registry/base_url.hpp>

#include <catch2/catch_test_macros.hpp>

using weir::registry::base_url;

TEST_CASE("a registry's address has a host, a port and a path") {
  const auto plain = base_url::parse("http://registry:8081/apis/ccompat/v7/").value();
  CHECK_FALSE(plain.is_encrypted);
  CHECK(plain.host == "registry");
  CHECK(plain.port == "8081");
  CHECK(plain.path == "/apis/ccompat/v7");
  CHECK(plain.authority() == "registry:8081");
  CHECK(plain.text() == "http://registry:8081/apis/ccompat/v7");
  const auto usual = base_url::parse("https://registry.example").value();
  CHECK(usual.is_encrypted);
  CHECK(usual.port == "443");
  CHECK(usual.path.empty());
  CHECK(usual.authority() == "registry.example");
  const auto numeric = base_url::parse("http://[::1]:80/").value();
  CHECK(numeric.host == "::1");
  CHECK(numeric.authority() == "[::1]");
}

TEST_CASE("what is no address of a registry is none") {
  for (const char* text : {"", "registry:8081", "ftp://registry", "http://", "http://:80",
                           "http://a:", "http://a:b", "http://[::1"}) {
    INFO(text);
    CHECK_FALSE(base_url::parse(text).has_value());
  }
}

TEST_CASE("a subject is one segment of a path, whatever it holds") {
  CHECK(weir::registry::path_segment("weir.public.t_1-value") == "weir.public.t_1-value");
  CHECK(weir::registry::path_segment("a/b c\xC3\xA9%") == "a%2Fb%20c%C3%A9%25");
}
