// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/landlock.h"

#include "util/unique_fd.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace daedalus::sandbox {
namespace {

// linux/landlock.h of a kernel that has all of it. A kernel takes a longer structure than its own as long as
// the rest is zero.
struct RulesetAttributes {
    std::uint64_t handled_access_fs;
    std::uint64_t handled_access_net;
    std::uint64_t scoped;
};

constexpr unsigned create_ruleset_version = 1U << 0;
constexpr std::uint64_t bind_and_connect_tcp = 3;
constexpr std::uint64_t abstract_sockets_and_signals = 3;

constexpr std::uint64_t first_bits(int count) {
    return (std::uint64_t{1} << count) - 1;
}

/// How many kinds of access to files there are, by version: 2 added renames across directories, 3 truncation,
/// 5 ioctls on devices.
std::uint64_t file_access(int version) {
    static constexpr int known[] = {0, 13, 14, 15, 15, 16};
    return first_bits(known[std::min(version, 5)]);
}

} // namespace

int landlock_version() {
    return static_cast<int>(
        std::max(syscall(SYS_landlock_create_ruleset, nullptr, 0, create_ruleset_version), 0L));
}

util::Result<void> deny_files_and_network() {
    const int version = landlock_version();
    const RulesetAttributes attributes = {
        .handled_access_fs = file_access(version),
        .handled_access_net = version >= 4 ? bind_and_connect_tcp : 0,
        .scoped = version >= 6 ? abstract_sockets_and_signals : 0,
    };
    // No rule is added: what is handled is denied everywhere.
    const util::UniqueFd ruleset(
        static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0)));
    if (!ruleset)
        return util::fail_errno("cannot make a Landlock ruleset");
    if (syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
        return util::fail_errno("cannot enforce Landlock");
    return {};
}

} // namespace daedalus::sandbox
