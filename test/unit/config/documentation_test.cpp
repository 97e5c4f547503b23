#include <config/document_reader.hpp>
#include <config/render.hpp>

#include <support/generated_block.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

TEST_CASE("000-8 the operator's documentation holds the tables of `weir settings --markdown`") {
  const auto generated = weir::config::settings_as_markdown();
  const auto written = weir::support::generated_block(WEIR_OPERATOR_DOCS, "settings", generated);
  INFO("WEIR_WRITE_DOCS=1 unit_config brings deploy/README.md up to date");
  CHECK(written == generated);
}

namespace {

/// The fenced JSON blocks of a file that are documents.
std::vector<std::string> documents_in(const std::string& path) {
  std::ifstream file{path};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const std::string fence = "```json\n";
  std::vector<std::string> found;
  for (auto at = text.find(fence); at != std::string::npos; at = text.find(fence, at + 1)) {
    const auto begin = at + fence.size();
    auto block = text.substr(begin, text.find("```", begin) - begin);
    if (block.find("\"listeners\"") != std::string::npos) found.push_back(std::move(block));
  }
  return found;
}

}  // namespace

TEST_CASE("002-18 the documents that are printed in the documentation have no mistake") {
  for (const auto* path : {WEIR_OPERATOR_DOCS, WEIR_README}) {
    const auto documents = documents_in(path);
    INFO(path);
    CHECK(documents.size() == 1);
    for (const auto& each : documents) {
      const auto read = weir::config::parse_document(each);
      CHECK(weir::config::report(read.mistakes).empty());
      CHECK(read.notices.empty());
    }
  }
}

TEST_CASE("000-8 every key that the document takes is explained with its default") {
  std::ifstream file{WEIR_OPERATOR_DOCS};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto read = weir::config::parse_document(R"({"listeners": [{"name": "a", "targets": ["t"], "*": 1}],
                                                     "targets": [{"name": "t", "*": 1}]})");
  std::size_t keys = 0;
  for (const auto& each : read.mistakes) {
    // "the keys are name, tables, ..."
    auto all = each.remedy.substr(std::string_view{"the keys are "}.size()) + ", ";
    for (auto comma = all.find(", "); comma != std::string::npos; comma = all.find(", ")) {
      const auto key = all.substr(0, comma);
      all.erase(0, comma + 2);
      INFO(key);
      CHECK(text.find("\n| `" + key + "` | ") != std::string::npos);
      ++keys;
    }
  }
  CHECK(keys == 17);
  CHECK(text.find("| `group_limit` | `900KiB` |") != std::string::npos);
}
