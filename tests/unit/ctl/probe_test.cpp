// SPDX-License-Identifier: BSD-2-Clause
// What browsers ask of a video node: each condition alone makes it useless to them.
#include "doctor/probe.h"
#include "model/devices.h"

#include <gtest/gtest.h>
#include <linux/videodev2.h>

#include <functional>

namespace daedalus::test {
namespace {

ctl::NodeAnswers good_node() {
    return {.multiplanar = true,
            .streaming = true,
            .coded = {V4L2_PIX_FMT_H264, V4L2_PIX_FMT_VP9},
            .pictures = {V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUV420},
            .default_picture = V4L2_PIX_FMT_NV12,
            .sizes_in_steps = true,
            .min_captures = 14};
}

using Spoil = std::function<void(ctl::NodeAnswers&)>;
using Judge = std::vector<std::string> (*)(const ctl::NodeAnswers&);

void expect_each_is_missed(Judge judge, const std::vector<Spoil>& spoils) {
    EXPECT_TRUE(judge(good_node()).empty());
    for (std::size_t i = 0; i < spoils.size(); ++i) {
        ctl::NodeAnswers answers = good_node();
        spoils[i](answers);
        EXPECT_EQ(judge(answers).size(), 1U) << "condition " << i;
    }
}

TEST(BrowserConditions, Firefox) {
    expect_each_is_missed(ctl::missing_for_firefox,
                          {[](auto& node) { node.multiplanar = false; },
                           [](auto& node) { node.streaming = false; },
                           [](auto& node) { node.coded = {V4L2_PIX_FMT_VP9}; },
                           [](auto& node) { node.pictures = {V4L2_PIX_FMT_YUV420}; }});
}

TEST(BrowserConditions, FirefoxTakesYv12AndSinglePlanarNodes) {
    ctl::NodeAnswers answers = good_node();
    answers.multiplanar = false;
    answers.single_planar = true;
    answers.pictures = {V4L2_PIX_FMT_YVU420};
    EXPECT_TRUE(ctl::missing_for_firefox(answers).empty());
}

TEST(BrowserConditions, Chromium) {
    expect_each_is_missed(
        ctl::missing_for_chromium,
        {[](auto& node) { node.multiplanar = false; }, [](auto& node) { node.streaming = false; },
         [](auto& node) { node.requests = true; }, [](auto& node) { node.coded = {V4L2_PIX_FMT_MPEG2}; },
         [](auto& node) { node.default_picture = V4L2_PIX_FMT_YUV420; },
         [](auto& node) { node.sizes_in_steps = false; }, [](auto& node) { node.min_captures = 0; },
         [](auto& node) { node.min_captures = 19; }});
}

TEST(Probe, SaysWhyItCannotAsk) {
    const auto missing = ctl::probe_node("/nonexistent/video10");
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error(), "/nonexistent/video10: cannot be opened: No such file or directory");
    const auto other = ctl::probe_node("/dev/null");
    ASSERT_FALSE(other.has_value());
    EXPECT_NE(other.error().find("does not say what it is"), std::string::npos);
}

TEST(NodeNumber, IsTheEndOfThePath) {
    EXPECT_EQ(ctl::node_number("/dev/video10"), 10U);
    EXPECT_EQ(ctl::node_number("/dev/video"), std::nullopt);
    EXPECT_EQ(ctl::node_number(""), std::nullopt);
    EXPECT_EQ(ctl::node_number("/dev/video99999999999"), std::nullopt);
}

} // namespace
} // namespace daedalus::test
