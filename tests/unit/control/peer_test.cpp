// SPDX-License-Identifier: BSD-2-Clause
#include "control/peer.h"
#include "util/unique_fd.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace daedalus::control {
namespace {

TEST(Access, IsByUserAndGroup) {
    const std::optional<gid_t> video = 44;
    EXPECT_EQ(access_of({.uid = 0, .pid = 1, .groups = {}}, 990, video), Access::change);
    EXPECT_EQ(access_of({.uid = 990, .pid = 1, .groups = {}}, 990, video), Access::read);
    EXPECT_EQ(access_of({.uid = 1000, .pid = 1, .groups = {1000, 44}}, 990, video), Access::read);
    EXPECT_EQ(access_of({.uid = 1000, .pid = 1, .groups = {1000}}, 990, video), Access::none);
    EXPECT_EQ(access_of({.uid = 1000, .pid = 1, .groups = {1000, 44}}, 990, std::nullopt), Access::none);
}

TEST(ReadPeer, KnowsThisProcess) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const util::UniqueFd first(ends[0]);
    const util::UniqueFd second(ends[1]);
    const auto peer = read_peer(first.get());
    ASSERT_TRUE(peer) << peer.error().message;
    EXPECT_EQ(peer->uid, geteuid());
    EXPECT_EQ(peer->pid, getpid());
    EXPECT_NE(std::ranges::find(peer->groups, getegid()), peer->groups.end());
}

TEST(ReadPeer, FailsOnAPipe) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(pipe(ends), 0);
    const util::UniqueFd first(ends[0]);
    const util::UniqueFd second(ends[1]);
    EXPECT_FALSE(read_peer(first.get()));
}

} // namespace
} // namespace daedalus::control
