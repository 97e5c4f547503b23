#include <encode/avro_records.hpp>

#include <stdexcept>
#include <string_view>

namespace weir::encode {
namespace {

/// The memory for a huge row is given back with the next one.
constexpr std::size_t kept_capacity = std::size_t{1} << 20U;

/// A place in the buffer, which still grows.
struct place {
  std::size_t begin = 0;
  std::size_t end = 0;
};

}  // namespace

std::span<const encoded> avro_records::transcode(const record_schema& by, const avro_ids& ids,
                                                 const std::string& table, std::span<const encoded> made) {
  if (made.size() > records_.size()) throw std::logic_error("a change made too many records");
  if (out_.capacity() > kept_capacity) out_ = std::string{};
  out_.clear();
  std::array<std::optional<place>, 3> keys;
  std::array<std::optional<place>, 3> values;
  const auto append = [&](const connect_schema& schema, std::uint32_t id, std::string_view json) {
    const auto begin = out_.size();
    append_avro_frame(out_, id);
    values_.append(out_, schema, json, table);
    return place{begin, out_.size()};
  };
  for (std::size_t n = 0; n < made.size(); ++n) {
    if (made[n].key && by.key && ids.key) keys[n] = append(*by.key, *ids.key, *made[n].key);
    if (made[n].value) values[n] = append(by.value, ids.value, *made[n].value);
  }
  const std::string_view all{out_};
  const auto view = [&](const std::optional<place>& of) {
    return of ? std::optional{all.substr(of->begin, of->end - of->begin)} : std::nullopt;
  };
  for (std::size_t n = 0; n < made.size(); ++n) {
    records_[n] = made[n];
    records_[n].key = view(keys[n]);
    records_[n].value = view(values[n]);
  }
  return std::span<const encoded>(records_).first(made.size());
}

}  // namespace weir::encode
