// SPDX-License-Identifier: BSD-2-Clause
// Prometheus text: the format, and the file that replaces another at once.
#include "text/prometheus.h"
#include "unit/ctl/fake_daemon.h"
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace daedalus::test {
namespace {

class MetricsTest : public testing::Test {
  protected:
    FakeWorld world_{{}};
    FakeDaemon daemon_{Behavior::answers, world_.root() / "sys"};
};

TEST_F(MetricsTest, EveryLineIsWellFormedAndEveryFamilyDescribed) {
    daemon_.provider_.sessions_[0].client_comm = "a\"b\\c\nd";
    const Outcome run = run_ctl(world_.root(), daemon_.socket(), {"metrics"});
    const std::regex sample(
        R"re(([a-z_]+)(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})? ([-+0-9.e]+|\+Inf|NaN))re");
    std::set<std::string> described;
    std::istringstream lines(run.out);
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (line.starts_with("# TYPE ")) {
            const std::string name = line.substr(7, line.find(' ', 7) - 7);
            EXPECT_TRUE(described.insert(name).second) << name << " twice";
        } else if (!line.starts_with("# HELP ")) {
            ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
            const std::string name =
                std::regex_replace(match[1].str(), std::regex("_(bucket|sum|count)$"), "");
            EXPECT_TRUE(described.contains(name) || described.contains(match[1].str())) << line;
        }
    }
    EXPECT_GT(described.size(), 10U);
}

TEST_F(MetricsTest, HistogramsAreCumulative) {
    const Outcome run = run_ctl(world_.root(), daemon_.socket(), {"metrics"});
    std::istringstream lines(run.out);
    std::uint64_t last = 0;
    std::uint64_t buckets = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("daedalus_decode_seconds_bucket{codec=\"h264\""))
            continue;
        const std::uint64_t count = std::stoull(line.substr(line.rfind(' ') + 1));
        EXPECT_GE(count, last);
        last = count;
        ++buckets;
    }
    EXPECT_EQ(last, 100U);
    EXPECT_GT(buckets, 10U);
    // The fake's frames took 1000 to 1990 us.
    EXPECT_NE(run.out.find("daedalus_decode_seconds_bucket{codec=\"h264\",le=\"0.000511\"} 0\n"),
              std::string::npos);
    EXPECT_NE(run.out.find("daedalus_decode_seconds_bucket{codec=\"h264\",le=\"0.002047\"} 100\n"),
              std::string::npos);
}

TEST(PrometheusText, LosesNoMicrosecondOfALongTime) {
    ctl::PrometheusText out;
    out.family("daedalus_decode_seconds", "histogram", "Long.");
    out.sample_seconds(1'234'567'890'123, {}, "_sum");
    EXPECT_NE(out.text().find("daedalus_decode_seconds_sum 1234567.890123\n"), std::string::npos)
        << out.text();
}

TEST_F(MetricsTest, TextfileIsReplacedAtOnce) {
    const std::string path = world_.root() / "daedalus.prom";
    std::ofstream(path) << "old";
    const Outcome run = run_ctl(world_.root(), daemon_.socket(), {"metrics", "--textfile", path});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.out, "");
    std::ifstream stream(path);
    std::string first;
    std::getline(stream, first);
    EXPECT_TRUE(first.starts_with("# HELP daedalus_up")) << first;
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(world_.root()))
        files += entry.path().filename().string().find(".prom") != std::string::npos ? 1 : 0;
    EXPECT_EQ(files, 1U) << "a temporary file was left behind";
}

TEST_F(MetricsTest, TextfileThatCannotBeWritten) {
    const Outcome run =
        run_ctl(world_.root(), daemon_.socket(), {"metrics", "--textfile", "/nonexistent/x.prom"});
    EXPECT_EQ(run.status, 3);
    EXPECT_NE(run.err.find("/nonexistent"), std::string::npos);
}

} // namespace
} // namespace daedalus::test
