// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/fixture.h"

#include <linux/videodev2.h>
#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <random>

namespace daedalus::test {
namespace {

constexpr std::size_t page = 4096;

std::size_t round_up(std::size_t value, std::size_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

std::size_t stride_of(const Shape& shape, int plane) {
    const std::size_t samples = plane == 0 ? shape.width : (shape.width + 1) / 2;
    return round_up(samples * (shape.wide ? 2 : 1), shape.stride_alignment);
}

std::size_t lines_of(const Shape& shape, int plane) {
    return plane == 0 ? shape.height : (shape.height + 1) / 2;
}

} // namespace

void GpuTest::SetUp() {
    auto device = gpu::Device::open({.wanted = software_gpu, .validate = true});
    ASSERT_TRUE(device) << device.error().message;
    device_ = *device;
    auto converter = gpu::Converter::make(device_, true);
    ASSERT_TRUE(converter) << converter.error().message;
    converter_ = std::move(*converter);
    converter_->set_patience(std::chrono::seconds(30)); // it compiles at the first run, on a busy machine
}

void GpuTest::TearDown() {
    converter_.reset();
    if (device_)
        for (const std::string& message : device_->messages())
            ADD_FAILURE() << "the validation layer: " << message;
}

Pages::Pages(std::size_t bytes) {
    void* address =
        mmap(nullptr, round_up(bytes, page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED)
        throw std::bad_alloc();
    bytes_ = {static_cast<std::uint8_t*>(address), round_up(bytes, page)};
    std::ranges::fill(bytes_, mark);
}

Pages::~Pages() {
    munmap(bytes_.data(), bytes_.size());
}

std::size_t Noise::bytes(const Shape& shape) {
    std::size_t sum = 0;
    for (int plane = 0; plane < 3; plane++)
        sum += round_up(stride_of(shape, plane) * lines_of(shape, plane), 64) + 64;
    return sum;
}

Noise::Noise(const Shape& shape, std::span<std::uint8_t> memory) {
    if (memory.empty()) {
        own_.resize(bytes(shape));
        memory = own_;
    }
    std::mt19937 random(shape.width * 1000 + shape.height);
    picture_.format = shape.wide ? decoder::SampleFormat::yuv420_10 : decoder::SampleFormat::yuv420_8;
    picture_.width = shape.width;
    picture_.height = shape.height;
    std::size_t offset = 0;
    for (int plane = 0; plane < 3; plane++) {
        const std::size_t plane_bytes = stride_of(shape, plane) * lines_of(shape, plane);
        std::uint8_t* const samples = memory.data() + offset + shape.shift;
        for (std::size_t i = 0; i < plane_bytes; i++)
            samples[i] = static_cast<std::uint8_t>(shape.wide && i % 2 == 1 ? random() % 4 : random());
        picture_.planes[plane] = samples;
        picture_.strides[plane] = static_cast<std::ptrdiff_t>(stride_of(shape, plane));
        offset += round_up(plane_bytes, 64) + 64;
    }
}

pixels::BufferLayout layout_for(const Shape& shape, std::size_t* bytes) {
    daedalus_picture_layout raw = {};
    raw.pixelformat = shape.wide ? V4L2_PIX_FMT_P010 : V4L2_PIX_FMT_NV12;
    raw.width = shape.width;
    raw.height = shape.height;
    raw.bytesperline = ((shape.width + 1) / 2 * 2 * (shape.wide ? 2 : 1)) + shape.padding;
    raw.planes = 1;
    raw.sizeimage[0] = raw.bytesperline * (shape.height + ((shape.height + 1) / 2));
    const auto layout = pixels::BufferLayout::from(raw);
    EXPECT_TRUE(layout) << layout.error().message;
    *bytes = raw.sizeimage[0];
    return *layout;
}

} // namespace daedalus::test
