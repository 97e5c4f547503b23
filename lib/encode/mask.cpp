#include <encode/json_text.hpp>
#include <encode/mask.hpp>

#include <openssl/evp.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace weir::encode {
namespace {

constexpr std::size_t digest_size = 32;

/// Bytes of the first `characters` of UTF-8 text. A text that is none is cut somewhere: its row is refused
/// anyway.
std::size_t size_of(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (!begins) continue;
    if (characters == 0) break;
    --characters;
  }
  return at;
}

}  // namespace

/// One context that has taken the salt, and one that is used again for each value.
class mask::salted_hash {
 public:
  explicit salted_hash(std::string_view salt) : salted_(EVP_MD_CTX_new()), work_(EVP_MD_CTX_new()) {
    require(salted_ && work_);
    require(EVP_DigestInit_ex(salted_.get(), EVP_sha256(), nullptr) == 1);
    require(EVP_DigestUpdate(salted_.get(), salt.data(), salt.size()) == 1);
  }

  [[nodiscard]] std::array<unsigned char, digest_size> of(std::string_view value) {
    std::array<unsigned char, digest_size> digest{};
    unsigned size = 0;
    require(EVP_MD_CTX_copy_ex(work_.get(), salted_.get()) == 1);
    require(EVP_DigestUpdate(work_.get(), value.data(), value.size()) == 1);
    require(EVP_DigestFinal_ex(work_.get(), digest.data(), &size) == 1 && size == digest_size);
    return digest;
  }

 private:
  struct freed {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  static void require(bool is_done) {
    if (!is_done) throw std::runtime_error{"OpenSSL cannot make a SHA-256 digest"};
  }

  std::unique_ptr<EVP_MD_CTX, freed> salted_;
  std::unique_ptr<EVP_MD_CTX, freed> work_;
};

mask::mask(kind is, std::string text, std::size_t length) : is_(is), text_(std::move(text)), length_(length) {}
mask::~mask() = default;
mask::mask(mask&&) noexcept = default;
mask& mask::operator=(mask&&) noexcept = default;

mask mask::fixed(std::string text) { return {kind::fixed, std::move(text), 0}; }

mask mask::hashed(std::string salt) {
  mask made{kind::hash, {}, 0};
  made.hash_ = std::make_unique<salted_hash>(salt);
  return made;
}

mask mask::truncated(std::size_t characters) { return {kind::truncate, {}, characters}; }

void mask::append(text_buffer& to, std::string_view value) const {
  switch (is_) {
    case kind::fixed:
      append_string(to, text_);
      return;
    case kind::hash: {
      constexpr std::string_view digits = "0123456789abcdef";
      to.append("\"");
      for (const unsigned char byte : hash_->of(value)) {
        const std::array<char, 2> pair{digits[byte >> 4U], digits[byte & 15U]};
        to.append({pair.data(), pair.size()});
      }
      to.append("\"");
      return;
    }
    case kind::truncate:
      append_string(to, value.substr(0, size_of(value, length_)));
      return;
  }
}

void mask::append_unknown(text_buffer& to, std::string_view unknown) const {
  append_string(to, is_ == kind::fixed ? std::string_view{text_} : unknown);
}

}  // namespace weir::encode
