#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// Where the programs that the tests start are: what deploy/install-dependencies --tests brings.
namespace weir::support {

/// `<repository>/.bed`, or TESTBED when that is set; with links resolved, because servers run as another user.
std::filesystem::path bed();

/// The folder with PostgreSQL's programs of this major version, Debian's before the bed's. Throws when there is
/// none.
std::filesystem::path postgres_programs(int version);
/// The major versions that are there, ascending; Debian's own is `distribution_postgres()`.
std::vector<int> postgres_versions();
int distribution_postgres();

/// A name that no other test uses, in this process or another: for topics, slots, prefixes.
std::string unique_name(const std::string& prefix);

}  // namespace weir::support
