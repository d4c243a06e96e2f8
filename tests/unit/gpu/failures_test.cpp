// SPDX-License-Identifier: BSD-2-Clause
// What goes wrong with GPUs, in the middle of a stream: the client gets every picture all the same.
#include "gpu/fixture.h"

#include "pixels/picture_writer.h"
#include "util/log.h"
#include "worker/pixel_writer.h"

#include <gmock/gmock.h>

#include <sys/mman.h>

#include <chrono>
#include <string>
#include <thread>

namespace daedalus::test {
namespace {

using testing::HasSubstr;

constexpr Shape shape = {.width = 130, .height = 70};

std::vector<std::string> log_lines;

void remember(util::LogLevel /*level*/, const util::LogContext& /*context*/, std::string_view text) {
    log_lines.emplace_back(text);
}

PFN_vkWaitForFences true_wait = nullptr;

VKAPI_ATTR VkResult VKAPI_CALL lose_at_submit(VkQueue /*queue*/, std::uint32_t /*count*/,
                                              const VkSubmitInfo* /*submits*/, VkFence /*fence*/) {
    return VK_ERROR_DEVICE_LOST;
}

/// Waits, so that nothing is written afterwards, and tells something else than what came of it.
template <VkResult told>
VKAPI_ATTR VkResult VKAPI_CALL wait_and_tell(VkDevice device, std::uint32_t count, const VkFence* fences,
                                             VkBool32 all, std::uint64_t timeout) {
    (void)true_wait(device, count, fences, all, timeout);
    return told;
}

/// As a driver of the kernel's that gave up on the work, and says that it is done.
VKAPI_ATTR VkResult VKAPI_CALL answer_late(VkDevice device, std::uint32_t count, const VkFence* fences,
                                           VkBool32 all, std::uint64_t timeout) {
    const VkResult result = true_wait(device, count, fences, all, timeout);
    std::this_thread::sleep_for(std::chrono::nanoseconds(timeout) * 3 / 4);
    return result;
}

VKAPI_ATTR VkResult VKAPI_CALL refuse_memory(VkDevice /*device*/, VkExternalMemoryHandleTypeFlagBits /*type*/,
                                             const void* /*address*/,
                                             VkMemoryHostPointerPropertiesEXT* /*properties*/) {
    return VK_ERROR_INVALID_EXTERNAL_HANDLE;
}

std::shared_ptr<worker::MappedBuffer> make_buffer(std::size_t bytes) {
    util::UniqueFd fd(memfd_create("capture", MFD_CLOEXEC));
    EXPECT_EQ(ftruncate(fd.get(), static_cast<off_t>(bytes)), 0);
    auto plane = worker::MappedPlane::map(std::move(fd), worker::MappedPlane::Keep::fd);
    EXPECT_TRUE(plane);
    std::array<worker::MappedPlane, DAEDALUS_MAX_PLANES> planes;
    planes[0] = std::move(*plane);
    return std::make_shared<worker::MappedBuffer>(std::move(planes));
}

/// A stream of pictures that is written as a worker does, into two buffers in turn.
class Streams : public GpuTest {
  protected:
    void SetUp() override {
        GpuTest::SetUp();
        if (!converter_)
            return;
        layout_ = layout_for(shape, &bytes_);
        for (auto& buffer : buffers_)
            buffer = make_buffer(bytes_);
        writer_.use(converter_.get());
        log_lines.clear();
        util::set_log_sink(remember);
    }
    void TearDown() override {
        util::set_log_sink(nullptr);
        for (auto& buffer : buffers_)
            buffer.reset();
        GpuTest::TearDown();
    }

    /// Writes a picture of which not two are alike, and looks at it.
    statistics::PixelPath write_next() {
        const std::shared_ptr<worker::MappedBuffer>& buffer = buffers_[next_ % 2];
        Shape own = shape;
        own.width -= next_++ % 3; // the noise depends on it
        const Noise noise(own);
        const auto path = writer_.write(noise.picture(), layout_, *buffer);
        EXPECT_TRUE(path) << path.error().message;
        std::vector<std::uint8_t> wanted(buffer->memory()[0].begin(), buffer->memory()[0].end());
        EXPECT_TRUE(pixels::write_picture(noise.picture(), layout_, {wanted}));
        EXPECT_TRUE(std::ranges::equal(wanted, buffer->memory()[0])) << "picture " << next_;
        return path.value_or(statistics::PixelPath::unknown);
    }

    void expect_end(PFN_vkWaitForFences wait) {
        EXPECT_EQ(write_next(), statistics::PixelPath::gpu);
        true_wait = device_->api().WaitForFences;
        device_->changeable_api().WaitForFences = wait;
        const Noise noise(shape);
        const auto path = writer_.write(noise.picture(), layout_, *buffers_[0]);
        ASSERT_FALSE(path);
        EXPECT_TRUE(worker::PixelWriter::is_fatal(path.error())) << path.error().message;
        EXPECT_TRUE(device_->abandoned());
    }

    pixels::BufferLayout layout_;
    std::size_t bytes_ = 0;
    std::array<std::shared_ptr<worker::MappedBuffer>, 2> buffers_;
    worker::PixelWriter writer_;
    std::uint32_t next_ = 0;
};

TEST_F(Streams, AreWrittenByTheGpu) {
    for (int i = 0; i < 6; i++)
        EXPECT_EQ(write_next(), statistics::PixelPath::gpu);
    EXPECT_TRUE(log_lines.empty());
}

TEST_F(Streams, GoOnWhenTheDeviceIsLost) {
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(write_next(), statistics::PixelPath::gpu);
    device_->changeable_api().QueueSubmit = lose_at_submit;
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(write_next(), statistics::PixelPath::cpu);
    ASSERT_EQ(log_lines.size(), 1U) << "is said once";
    EXPECT_THAT(log_lines[0], HasSubstr("VK_ERROR_DEVICE_LOST"));
}

TEST_F(Streams, GoOnWhenTheDeviceIsLostInAPicture) {
    EXPECT_EQ(write_next(), statistics::PixelPath::gpu);
    true_wait = device_->api().WaitForFences;
    device_->changeable_api().WaitForFences = wait_and_tell<VK_ERROR_DEVICE_LOST>;
    EXPECT_EQ(write_next(), statistics::PixelPath::cpu);
    EXPECT_EQ(write_next(), statistics::PixelPath::cpu);
    EXPECT_EQ(log_lines.size(), 1U);
    device_->changeable_api().WaitForFences = true_wait;
}

TEST_F(Streams, GoOnWithCopiesWhereMemoryIsNotTaken) {
    device_->changeable_api().GetMemoryHostPointerPropertiesEXT = refuse_memory;
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(write_next(), statistics::PixelPath::gpu);
    EXPECT_TRUE(log_lines.empty());
}

TEST_F(Streams, GoOnOnTheCpuWhereCopiesAreNotWanted) {
    converter_->allow_staging(false);
    // The picture's memory is not the GPU's: nothing is wrong, and nothing is said.
    EXPECT_EQ(write_next(), statistics::PixelPath::cpu);
    EXPECT_EQ(write_next(), statistics::PixelPath::cpu);
    EXPECT_TRUE(log_lines.empty());
}

TEST_F(Streams, GoOnOnTheCpuWhereBuffersAreNotTaken) {
    converter_->allow_staging(false);
    device_->changeable_api().GetMemoryHostPointerPropertiesEXT = refuse_memory;
    EXPECT_EQ(write_next(), statistics::PixelPath::cpu);
    EXPECT_EQ(write_next(), statistics::PixelPath::cpu);
    ASSERT_EQ(log_lines.size(), 1U);
    EXPECT_THAT(log_lines[0], HasSubstr("can't reach the client's buffers"));
}

TEST_F(Streams, GoOnOnTheCpuWhenAnAnswerComesSuspiciouslyLate) {
    EXPECT_EQ(write_next(), statistics::PixelPath::gpu);
    converter_->set_patience(std::chrono::seconds(2));
    true_wait = device_->api().WaitForFences;
    device_->changeable_api().WaitForFences = answer_late;
    EXPECT_EQ(write_next(), statistics::PixelPath::cpu);
    EXPECT_EQ(write_next(), statistics::PixelPath::cpu);
    ASSERT_EQ(log_lines.size(), 1U);
    EXPECT_THAT(log_lines[0], HasSubstr("took so long"));
    device_->changeable_api().WaitForFences = true_wait;
}

// It may yet write to the buffer, which must not be given back: the worker ends, and the next one goes on.
TEST_F(Streams, EndWhereTheGpuHangs) {
    expect_end(wait_and_tell<VK_TIMEOUT>);
}

TEST_F(Streams, EndWhereTheGpuCannotBeWaitedFor) {
    expect_end(wait_and_tell<VK_ERROR_OUT_OF_HOST_MEMORY>);
}

TEST_F(Streams, AreForDmaBufsWhereTheDeviceTakesThem) {
    const auto heap = gpu::DmaHeap::open();
    if (!heap)
        GTEST_SKIP() << "this machine has no heap of dma-bufs: " << heap.error().message;
    if (!device_->sharing().dma_buf)
        GTEST_SKIP() << "this Mesa's software GPU imports no dma-bufs";
    auto fd = heap->allocate((bytes_ + 4095) / 4096 * 4096);
    ASSERT_TRUE(fd) << fd.error().message;
    const auto buffer = gpu::Buffer::import_dma_buf(device_, std::move(*fd), (bytes_ + 4095) / 4096 * 4096);
    ASSERT_TRUE(buffer) << buffer.error().message;
    EXPECT_TRUE(buffer->foreign());
}

} // namespace
} // namespace daedalus::test
