#include <pipeline/kept_record.hpp>

#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

namespace weir::pipeline {
namespace {

static_assert(std::is_trivially_destructible_v<event::header>, "nobody destroys the headers in the memory");
static_assert(alignof(event::header) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

std::size_t size_of(std::optional<std::string_view> text) { return text ? text->size() : 0; }

/// Copies `text` to `to` and moves that behind it.
std::string_view keep(char*& to, std::string_view text) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return {std::exchange(to, to + text.size()), text.size()};
}

}  // namespace

kept_record::kept_record(const event::record& of) {
  auto size = of.headers.size_bytes() + size_of(of.key) + size_of(of.value);
  for (const auto& each : of.headers) size += each.name.size() + each.value.size();
  memory_ = std::make_unique_for_overwrite<std::byte[]>(size);

  auto* const headers = static_cast<event::header*>(static_cast<void*>(memory_.get()));
  auto* text = static_cast<char*>(static_cast<void*>(memory_.get() + of.headers.size_bytes()));
  if (of.key) view_.key = keep(text, *of.key);
  if (of.value) view_.value = keep(text, *of.value);
  for (std::size_t n = 0; n < of.headers.size(); ++n) {
    const auto name = keep(text, of.headers[n].name);
    std::construct_at(headers + n, event::header{name, keep(text, of.headers[n].value)});
  }
  view_.headers = {headers, of.headers.size()};
  view_.partition_hash = of.partition_hash;
}

}  // namespace weir::pipeline
