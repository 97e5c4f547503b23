#include "wire.hpp"

#include <pgoutput/frames.hpp>

#include <fmt/format.h>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

using namespace weir;
using namespace weir::pgoutput;
using event::old_row;

namespace {

/// The frames of one recorded file: a length (4 bytes, big-endian) and the payload of each.
std::vector<std::string> frames_of(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  const std::string all{std::istreambuf_iterator{stream}, {}};
  REQUIRE_FALSE(all.empty());
  std::vector<std::string> frames;
  for (std::size_t at = 0; at < all.size();) {
    std::size_t size = 0;
    for (int n = 0; n < 4; ++n) size = size << 8U | static_cast<unsigned char>(all.at(at++));
    REQUIRE(at + size <= all.size());
    frames.push_back(all.substr(at, size));
    at += size;
  }
  return frames;
}

std::string shown(event::row of) {
  std::string all;
  for (const auto& value : of) {
    const bool is_text = value.is == event::value::state::text;
    all += is_text                                 ? fmt::format(" {}", value.text.substr(0, 30))
           : value.is == event::value::state::null ? " -"
                                                   : " ~";
  }
  return all;
}

/// One line for a change: what a person would say about it.
std::string line_of(const event::change& change) {
  std::string line{static_cast<char>(change.op)};
  if (change.op == event::operation::message) {
    return line + fmt::format(" {} {}: {}", change.seq, change.message_prefix, change.message_content);
  }
  line += fmt::format(" {} {}", change.seq, change.table->name);
  if (change.before_is == old_row::identity) line += " K" + shown(change.before);
  if (change.before_is == old_row::full) line += " O" + shown(change.before);
  if (!change.after.empty()) line += " N" + shown(change.after);
  if (change.cascades) line += " cascade";
  if (change.restarts_identity) line += " restart";
  if (change.within != nullptr && !change.within->origin.empty()) {
    line += fmt::format(" from {} {}", change.within->origin, change.within->origin_lsn);
  }
  return line;
}

using lines = std::vector<std::string>;

/// Decodes a file to its end; BEGIN and COMMIT are lines, too.
lines told_by(const std::string& name) {
  lines told;
  decoder by{1};
  for (const auto& bytes : frames_of(std::filesystem::path{WEIR_CORPUS} / (name + ".bin"))) {
    const wire::exact frame{bytes};
    const auto parsed = parse_frame(frame.view());
    if (std::holds_alternative<keep_alive>(parsed)) continue;
    const auto& data = std::get<xlog_data>(parsed);
    const auto step = by.decode(data.message, data.start);
    switch (step.is) {
      case step::kind::nothing:
        break;
      case step::kind::began:
        told.emplace_back("begin");
        break;
      case step::kind::committed:
        CHECK(step.end == data.start);
        told.emplace_back("commit");
        break;
      case step::kind::announced:
        by.adopt();
        break;
      case step::kind::changes:
        for (const auto& change : step.changes) told.push_back(line_of(change));
        break;
    }
  }
  CHECK_FALSE(by.is_in_transaction());
  return told;
}

}  // namespace

TEST_CASE("the whole recorded corpus is understood, but for what must be refused") {
  int understood = 0;
  int refused = 0;
  for (const auto& file : std::filesystem::directory_iterator{WEIR_CORPUS}) {
    const auto name = file.path().stem().string();
    INFO(name);
    if (name.starts_with("refused-")) {
      const auto said = wire::refusal_of([&] { (void)told_by(name); });
      CHECK_THAT(said, Catch::Matchers::ContainsSubstring("streamed or prepared"));
      ++refused;
    } else {
      CHECK(told_by(name).size() >= 3);
      ++understood;
    }
  }
  CHECK(understood == 14);
  CHECK(refused == 1);
}

TEST_CASE("recorded: rows by replica identity come with the old row that their table asks for") {
  CHECK(told_by("identity-default") == lines{"begin", "c 1 by_default N 1 b 10 c", "commit", "begin",
                                             "u 1 by_default N 1 B 10 c", "commit", "begin",
                                             "u 1 by_default K - - 10 - N 1 B 11 c", "commit", "begin",
                                             "d 1 by_default K - - 11 -", "commit"});
  CHECK(told_by("identity-full") ==
        lines{"begin", "c 1 by_full N 1 b -", "commit", "begin", "u 1 by_full O 1 b - N 1 b c", "commit",
              "begin", "u 1 by_full O 1 b c N 2 b c", "commit", "begin", "d 1 by_full O 2 b c", "commit"});
  CHECK(told_by("identity-index") ==
        lines{"begin", "c 1 by_index N 1 b 3", "commit", "begin", "u 1 by_index N 2 b 3", "commit", "begin",
              "u 1 by_index K - b 3 N 2 b 4", "commit", "begin", "d 1 by_index K - b 4", "commit"});
  CHECK(told_by("identity-nothing") ==
        lines{"begin", "c 1 by_nothing N 1 b", "c 2 by_nothing N - -", "commit"});
}

TEST_CASE(
    "recorded: a TOAST value that an UPDATE left alone is unchanged, and known when the whole old row comes") {
  const std::string long_text = "012345678901234567890123456789";
  CHECK(told_by("toast") == lines{"begin",
                                  "c 1 big N 1 1 " + long_text,
                                  "commit",
                                  "begin",
                                  "u 1 big N 1 2 ~",
                                  "commit",
                                  "begin",
                                  "u 1 big K 1 - - N 3 2 ~",
                                  "commit",
                                  "begin",
                                  "u 1 big N 3 2 short",
                                  "commit",
                                  "begin",
                                  "c 1 big_full N 1 1 " + long_text,
                                  "commit",
                                  "begin",
                                  "u 1 big_full O 1 1 " + long_text + " N 1 2 ~",
                                  "commit",
                                  "begin",
                                  "d 1 big_full O 1 2 " + long_text,
                                  "commit"});
}

TEST_CASE("recorded: truncated tables count one by one, with their options") {
  CHECK(told_by("truncate") == lines{"begin",
                                     "c 1 parent N 1",
                                     "commit",
                                     "begin",
                                     "t 1 by_nothing",
                                     "commit",
                                     "begin",
                                     "t 1 parent cascade",
                                     "t 2 child cascade",
                                     "commit",
                                     "begin",
                                     "t 1 child restart",
                                     "commit",
                                     "begin",
                                     "c 1 child N 1 -",
                                     "t 2 parent cascade restart",
                                     "t 3 child cascade restart",
                                     "t 4 by_full cascade restart",
                                     "c 5 parent N 1",
                                     "commit"});
}

TEST_CASE("recorded: messages outside of transactions stand between them, even those of a rolled back one") {
  CHECK(told_by("messages") ==
        lines{"begin", "m 1 alone: in its own transaction", "commit", "m 0 outside: without a transaction",
              "m 0 while open: ", "begin", "c 1 by_nothing N 2 before", std::string{"m 2 inside: \0\xff\0", 15},
              "c 3 by_nothing N 3 after", "commit", "m 0 rolled back: and sent all the same", "begin",
              "c 1 by_nothing N 4 flushes what the rollback left", "commit"});
}

TEST_CASE("recorded: an origin stays with its own transaction") {
  CHECK(told_by("origin") == lines{"begin", "c 1 by_nothing N 4 from upstream from upstream 1/2345", "commit",
                                   "begin", "c 1 by_nothing N 5 from here", "commit"});
}

TEST_CASE("recorded: definitions that change inside a transaction hold for the rows after them") {
  CHECK(told_by("definitions") ==
        lines{"begin", "c 1 by_nothing N 6 one", "commit", "begin", "c 1 by_nothing N 7 two", "commit", "begin",
              "c 1 by_nothing N 8 three 9", "c 2 by_nothing N 9 four 10", "c 3 by_nothing N five 11", "commit",
              "begin", "c 1 by_nothing N six 12.00", "commit"});
}

TEST_CASE("recorded: rows of a rolled back subtransaction never come") {
  CHECK(told_by("subtransactions") ==
        lines{"begin", "c 1 by_full N 10 kept -", "c 2 by_full N 12 kept -", "commit"});
}

TEST_CASE("recorded: a row that moves between partitions is a delete and an insert") {
  CHECK(told_by("partitions") == lines{"begin", "c 1 parts_low N 1 low", "c 2 parts_high N 11 high", "commit",
                                       "begin", "d 1 parts_low K 1 -", "c 2 parts_high N 12 low", "commit"});
}
