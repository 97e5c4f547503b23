#include <postgres/stream_failure.hpp>

#include <fmt/format.h>

#include <base/failure.hpp>

namespace weir::postgres {

void raise_as_stream_failure(const server_error& error, const std::string& slot) {
  const std::string code = error.sqlstate();
  const std::string text = error.what();
  if (code == "42704" && text.find("publication") != std::string::npos) {
    throw failure{
        verdict::refuse, "publication_gone",
        fmt::format("{}. A publication that is dropped, or made after the slot \"{}\", is unknown to the slot "
                    "for good: make the publication, drop the slot, make it again, and tell Weir with `weir "
                    "state accept --slot-lsn <its confirmed_flush_lsn>`",
                    text, slot)};
  }
  if (code == "42704" || code == "55000" || code == "58P01") {
    throw failure{
        verdict::refuse, code == "42704" ? "slot_gone" : "slot_lost",
        fmt::format("{}. Changes that slot \"{}\" held are gone from the server: make the slot again and tell "
                    "Weir with `weir state accept --slot-lsn <its confirmed_flush_lsn>`",
                    text, slot)};
  }
  throw error;
}

}  // namespace weir::postgres
