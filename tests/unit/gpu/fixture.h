// SPDX-License-Identifier: BSD-2-Clause
// A GPU in software, with the validation layer watching.
#pragma once

#include "gpu/converter.h"
#include "pixels/buffer_layout.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace daedalus::test {

/// Mesa's, by a part of its name.
inline constexpr char software_gpu[] = "llvmpipe";

/// Opened once for a test. What the layer says fails the test.
class GpuTest : public testing::Test {
  protected:
    void SetUp() override;
    void TearDown() override;

    std::shared_ptr<gpu::Device> device_;
    std::unique_ptr<gpu::Converter> converter_;
};

/// Whole pages of memory, everything in it marked.
class Pages {
  public:
    static constexpr std::uint8_t mark = 0x5a;

    explicit Pages(std::size_t bytes);
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    ~Pages();

    [[nodiscard]] std::span<std::uint8_t> bytes() const { return bytes_; }

  private:
    std::span<std::uint8_t> bytes_;
};

/// What a picture looks like.
struct Shape {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    bool wide = false;                   ///< 10 bits
    std::uint32_t padding = 0;           ///< bytes that the buffer's lines are longer
    std::uint32_t stride_alignment = 64; ///< of the picture's lines
    std::uint32_t shift = 0;             ///< bytes that the picture's planes are off a whole word
};

/// A picture of noise in memory of a given kind.
class Noise {
  public:
    /// Puts it to `memory`, or to memory of its own where there is none.
    explicit Noise(const Shape& shape, std::span<std::uint8_t> memory = {});

    [[nodiscard]] const decoder::Picture& picture() const { return picture_; }
    /// That it takes.
    static std::size_t bytes(const Shape& shape);

  private:
    std::vector<std::uint8_t> own_;
    decoder::Picture picture_;
};

/// The layout of a client's NV12 or P010 buffer; its bytes, to the end of its last line.
[[nodiscard]] pixels::BufferLayout layout_for(const Shape& shape, std::size_t* bytes);

} // namespace daedalus::test
