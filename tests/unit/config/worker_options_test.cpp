// SPDX-License-Identifier: BSD-2-Clause
#include "config/worker_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace daedalus::config {
namespace {

TEST(WorkerOptions, SurviveTheCommandLine) {
    WorkerOptions options;
    options.threads = 7;
    options.max_width = 1000;
    options.max_height = 2000;
    options.max_bitstream_bytes = 3 << 20;
    options.memory_bytes = std::uint64_t(5) << 33;
    options.log_level = 4;
    options.gpu_mode = GpuMode::automatic;
    options.gpu_device = "V3D 7.1=?";
    auto parsed = parse_arguments(to_arguments(options));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->threads, options.threads);
    EXPECT_EQ(parsed->max_width, options.max_width);
    EXPECT_EQ(parsed->max_height, options.max_height);
    EXPECT_EQ(parsed->max_bitstream_bytes, options.max_bitstream_bytes);
    EXPECT_EQ(parsed->memory_bytes, options.memory_bytes);
    EXPECT_EQ(parsed->log_level, options.log_level);
    EXPECT_EQ(parsed->gpu_mode, options.gpu_mode);
    EXPECT_EQ(parsed->gpu_device, options.gpu_device);
}

TEST(WorkerOptions, RefuseWhatTheyDoNotKnow) {
    for (const char* argument : {"--threads", "--threads=", "--threads=x", "--threads=65", "--threads=1 ",
                                 "--thread=1", "threads=1", "", "--max-width=8", "--gpu=3", "--gpu=auto"}) {
        auto parsed = parse_arguments({argument});
        EXPECT_FALSE(parsed) << argument;
        if (!parsed) {
            EXPECT_THAT(parsed.error().message, testing::HasSubstr(argument));
        }
    }
}

TEST(WorkerOptions, RefuseNamesThatGoOnAndOn) {
    EXPECT_TRUE(parse_arguments({"--gpu-device=" + std::string(max_gpu_name, 'v')}));
    EXPECT_FALSE(parse_arguments({"--gpu-device=" + std::string(max_gpu_name + 1, 'v')}));
}

} // namespace
} // namespace daedalus::config
