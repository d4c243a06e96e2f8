// SPDX-License-Identifier: BSD-2-Clause
// The Grafana dashboard asks for metrics that `daedalusctl metrics` has.
#include "unit/ctl/fake_daemon.h"
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

namespace daedalus::test {
namespace {

TEST(Dashboard, UsesMetricsThatThereAre) {
    const FakeWorld world({});
    FakeDaemon daemon(Behavior::answers, world.root() / "sys");
    daemon.provider_.health_.restarts = 1;
    const Outcome run = run_ctl(world.root(), daemon.socket(), {"metrics"});
    std::ifstream stream(DASHBOARD_FILE);
    const auto dashboard = nlohmann::json::parse(stream);
    std::set<std::string> used;
    const std::regex metric("daedalus_[a-z_]+");
    for (const auto& panel : dashboard["panels"])
        for (const auto& target : panel["targets"]) {
            const auto expression = target["expr"].get<std::string>();
            for (std::sregex_iterator match(expression.begin(), expression.end(), metric), end; match != end;
                 ++match)
                used.insert(match->str());
        }
    EXPECT_GT(used.size(), 10U);
    for (const std::string& name : used)
        EXPECT_TRUE(run.out.find("\n" + name + "{") != std::string::npos ||
                    run.out.find("\n" + name + " ") != std::string::npos)
            << name;
}

} // namespace
} // namespace daedalus::test
