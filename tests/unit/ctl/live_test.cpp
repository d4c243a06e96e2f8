// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl against the daemon's real control server.
#include "unit/control/server_fixture.h"
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

namespace daedalus::test {
namespace {

TEST(Live, CommandsAndServerUnderstandEachOther) {
    const FakeWorld world({});
    const ServerThread server;
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"status"},
                                               {"sessions"},
                                               {"jobs"},
                                               {"stats"},
                                               {"metrics"},
                                               {"version"},
                                               {"watch", "--count", "3", "--interval", "0.1"}}) {
        const Outcome run = run_ctl(world.root(), server.path(), command);
        EXPECT_EQ(run.status, 0) << command[0] << run.out << run.err;
    }
}

TEST(Live, ResetFollowsTheCallersRights) {
    const FakeWorld world({});
    ServerThread server;
    const Outcome run = run_ctl(world.root(), server.path(), {"reset", "session", "3"});
    server.stop();
    if (geteuid() == 0) {
        EXPECT_EQ(run.status, 0) << run.err;
        EXPECT_EQ(server.provider_.canceled_.size(), 1U);
    } else {
        EXPECT_EQ(run.status, 3);
        EXPECT_NE(run.err.find("only root"), std::string::npos);
        EXPECT_TRUE(server.provider_.canceled_.empty());
    }
}

} // namespace
} // namespace daedalus::test
