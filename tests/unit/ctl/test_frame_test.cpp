// SPDX-License-Identifier: BSD-2-Clause
// The embedded picture decodes to what the program expects: checked with ffmpeg, which is not our decoder.
#include "doctor/test_decode.h"
#include "doctor/test_frame.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <unistd.h>
#include <vector>

namespace daedalus::ctl {
namespace {

/// The parameter sets that the clip was encoded with, and that test_decode.cpp says as V4L2 controls.
constexpr std::uint8_t parameter_sets[] = {0x00, 0x00, 0x00, 0x01, 0x67, 0x42, 0xc0, 0x0a, 0xdc,
                                           0x42, 0x6c, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40,
                                           0x00, 0x00, 0x03, 0x00, 0x83, 0xc4, 0x89, 0xe0, 0x00,
                                           0x00, 0x00, 0x01, 0x68, 0xce, 0x02, 0x92, 0xc8};

TEST(TestFrame, DecodesToItsChecksum) {
    const std::string coded =
        testing::TempDir() + "/daedalus-test-frame-" + std::to_string(getpid()) + ".h264";
    const std::string raw = testing::TempDir() + "/daedalus-test-frame-" + std::to_string(getpid()) + ".nv12";
    {
        std::ofstream file(coded, std::ios::binary);
        file.write(reinterpret_cast<const char*>(parameter_sets), sizeof(parameter_sets));
        file.write(reinterpret_cast<const char*>(test_frame_slice.data()), test_frame_slice.size());
    }
    if (std::system("command -v ffmpeg >/dev/null") != 0)
        GTEST_SKIP() << "ffmpeg is not installed";
    ASSERT_EQ(std::system(("ffmpeg -v error -y -i " + coded + " -pix_fmt nv12 -f rawvideo " + raw).c_str()),
              0);
    std::ifstream file(raw, std::ios::binary);
    const std::vector<char> picture((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    ASSERT_EQ(picture.size(), test_frame_width * test_frame_height * 3 / 2);
    EXPECT_EQ(checksum(reinterpret_cast<const std::uint8_t*>(picture.data()), picture.size()),
              test_frame_checksum);
}

TEST(TestDecode, SaysWhichStepFailed) {
    const auto missing = decode_test_frame("/nonexistent", "/nonexistent", std::chrono::seconds(1));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error(), "cannot open /nonexistent: No such file or directory");
    const auto no_device = decode_test_frame("/dev/null", "/dev/null", std::chrono::seconds(1));
    ASSERT_FALSE(no_device);
    EXPECT_NE(no_device.error().find("H.264"), std::string::npos);
}

} // namespace
} // namespace daedalus::ctl
