// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/device_choice.h"

#include "gpu/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace daedalus::gpu {
namespace {

using testing::HasSubstr;

const std::array<DeviceInfo, 4> machine = {{
    {.name = "llvmpipe (LLVM 15.0.6, 256 bits)", .uuid = {1}, .kind = DeviceKind::software},
    {.name = "GeForce", .uuid = {0xab, 2}, .kind = DeviceKind::discrete},
    {.name = "V3D 7.1.7.0", .uuid = {0xab, 3}, .kind = DeviceKind::integrated},
    {.name = "GeForce", .uuid = {0xab, 4}, .kind = DeviceKind::discrete},
}};

TEST(DeviceChoice, PrefersTheGpuThatSharesMemory) {
    EXPECT_EQ(choose_device(machine, ""), 2U);
    EXPECT_EQ(choose_device(std::span(machine).first(2), ""), 1U);
}

TEST(DeviceChoice, TakesSoftwareByItsNameOnly) {
    const auto chosen = choose_device(std::span(machine).first(1), "");
    ASSERT_FALSE(chosen);
    EXPECT_EQ(chosen.error().code, std::errc::no_such_device);
    EXPECT_THAT(chosen.error().message, HasSubstr("llvmpipe"));
    EXPECT_EQ(choose_device(machine, "LLVMpipe"), 0U);
}

TEST(DeviceChoice, KnowsNamesAndUuids) {
    EXPECT_EQ(choose_device(machine, "v3d"), 2U);
    EXPECT_EQ(choose_device(machine, "geforce"), 1U);
    EXPECT_EQ(choose_device(machine, "ab040000-0000-0000-0000-000000000000"), 3U);
    EXPECT_EQ(choose_device(machine, "AB040000000000000000000000000000"), 3U);
    EXPECT_EQ(uuid_text(machine[3].uuid), "ab040000-0000-0000-0000-000000000000");
    const auto none = choose_device(machine, "Mali");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, HasSubstr("'Mali'"));
    EXPECT_THAT(none.error().message, HasSubstr("V3D 7.1.7.0"));
    EXPECT_FALSE(choose_device({}, ""));
}

TEST(DeviceChoice, NeedsAVulkan) {
    const auto device = Device::open({.library = "libno-such-vulkan.so.1"});
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error().code, std::errc::no_such_file_or_directory);
    EXPECT_THAT(device.error().message, HasSubstr("libvulkan1"));
}

} // namespace
} // namespace daedalus::gpu
