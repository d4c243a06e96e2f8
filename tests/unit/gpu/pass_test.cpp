// SPDX-License-Identifier: BSD-2-Clause
// A GPU is tried out before it is used.
#include "gpu/fixture.h"

#include "gpu/measurement.h"
#include "gpu/open.h"
#include "gpu/self_check.h"

#include <gmock/gmock.h>

namespace daedalus::test {
namespace {

using testing::HasSubstr;

class Opening : public GpuTest {};

TEST_F(Opening, ChecksWhatIsComputed) {
    const auto checked = gpu::self_check(*converter_);
    EXPECT_TRUE(checked) << checked.error().message;
}

VKAPI_ATTR void VKAPI_CALL do_nothing(VkCommandBuffer /*commands*/, std::uint32_t /*x*/, std::uint32_t /*y*/,
                                      std::uint32_t /*z*/) {}

TEST_F(Opening, RefusesADeviceThatComputesSomethingElse) {
    device_->changeable_api().CmdDispatch = do_nothing;
    const auto checked = gpu::self_check(*converter_);
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().message, HasSubstr("computes something else"));
}

TEST_F(Opening, MeasuresBothDepths) {
    for (const bool wide : {false, true}) {
        const auto comparison =
            gpu::compare(*converter_, {.width = 320, .height = 240, .wide = wide, .rounds = 3});
        ASSERT_TRUE(comparison) << comparison.error().message;
        EXPECT_GT(comparison->cpu.wall, 0);
        EXPECT_GT(comparison->gpu.wall, 0);
        EXPECT_GT(comparison->gpu.processor, 0);
        EXPECT_FALSE(comparison->copied) << "a device in software reaches all memory";
    }
}

// Else that it is silent would mean nothing.
TEST(Validation, SeesMistakes) {
    const auto device = gpu::Device::open({.wanted = software_gpu, .validate = true});
    ASSERT_TRUE(device) << device.error().message;
    EXPECT_THAT((*device)->messages(), testing::IsEmpty());
    VkBufferCreateInfo info = {};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    VkBuffer buffer = VK_NULL_HANDLE;
    (void)(*device)->api().CreateBuffer((*device)->handle(), &info, nullptr, &buffer); // of no size
    EXPECT_THAT((*device)->messages(), testing::Contains(HasSubstr("size")));
    (*device)->api().DestroyBuffer((*device)->handle(), buffer, nullptr);
}

TEST(Open, GivesAConverter) {
    const auto converter = gpu::open({.device = {.wanted = software_gpu}, .only_if_it_pays = false});
    ASSERT_TRUE(converter) << converter.error().message;
    EXPECT_THAT((*converter)->device()->info().name, HasSubstr("llvmpipe"));
}

TEST(Open, SaysWhyNot) {
    const auto without = gpu::open({.device = {.library = "libno-such-vulkan.so.1"}});
    ASSERT_FALSE(without);
    EXPECT_THAT(without.error().message, HasSubstr("libvulkan1"));
    const auto unknown = gpu::open({.device = {.wanted = "no such GPU"}});
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message, HasSubstr("'no such GPU'"));
}

TEST(Judgement, WantsTheCpuSparedAndNoDelay) {
    const gpu::Cost cpu = {.processor = 1.0, .wall = 1.0};
    EXPECT_TRUE(gpu::pays({.cpu = cpu, .gpu = {.processor = 0.2, .wall = 0.9}}));
    EXPECT_FALSE(gpu::pays({.cpu = cpu, .gpu = {.processor = 0.2, .wall = 1.1}})) << "later";
    EXPECT_FALSE(gpu::pays({.cpu = cpu, .gpu = {.processor = 0.95, .wall = 0.5}})) << "nothing spared";
}

} // namespace
} // namespace daedalus::test
