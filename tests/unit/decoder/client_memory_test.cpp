// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/client_memory.h"

#include <gtest/gtest.h>

#include <vector>

namespace daedalus::decoder {
namespace {

/// Lends to one at a time, as mapped buffers do.
class OneAtATime final : public Lender {
  public:
    std::shared_ptr<const void> lend() override {
        if (!loan_.expired())
            return nullptr;
        const auto loan = std::make_shared<const int>(0);
        loan_ = loan;
        return loan;
    }

  private:
    std::weak_ptr<const int> loan_;
};

constexpr FrameShape shape{.format = SampleFormat::yuv420_8, .width = 128, .height = 66};

class ClientMemoryTest : public testing::Test {
  protected:
    ClientMemoryTest() {
        memory_.lender = std::make_shared<OneAtATime>();
        std::size_t at = 0;
        for (std::size_t i = 0; i < 3; i++) {
            ClientMemory::Plane& plane = memory_.planes[i];
            plane.stride = i == 0 ? 128 : 64;
            plane.lines = i == 0 ? 70 : 35;
            plane.data = base() + at;
            plane.bytes = static_cast<std::size_t>(plane.stride) * plane.lines + overread;
            at += plane.bytes + 64;
        }
    }
    std::uint8_t* base() {
        const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
        return storage_.data() + (64 - address % 64) % 64;
    }

    std::vector<std::uint8_t> storage_ = std::vector<std::uint8_t>(1 << 16);
    ClientMemory memory_;
};

TEST_F(ClientMemoryTest, HoldsWhatFits) {
    EXPECT_TRUE(memory_.holds(shape, 64));
    EXPECT_TRUE(memory_.holds(shape, 70));
}

TEST_F(ClientMemoryTest, RefusesWhatDoesNot) {
    EXPECT_FALSE(memory_.holds(shape, 72)) << "would write to lines that are another plane's";
    const auto refused = [this](auto change) {
        ClientMemory changed = memory_;
        change(changed);
        return !changed.holds(shape, 64);
    };
    EXPECT_TRUE(refused([](ClientMemory& m) { m.planes[2].lines = 31; }));
    EXPECT_TRUE(refused([](ClientMemory& m) { m.planes[0].stride = 64; })) << "lines too short";
    EXPECT_TRUE(refused([](ClientMemory& m) { m.planes[0].stride = 160; })) << "lines not aligned";
    EXPECT_TRUE(refused([](ClientMemory& m) { m.planes[1].stride = 128; })) << "U and V differ";
    EXPECT_TRUE(refused([](ClientMemory& m) { m.planes[1].stride = -64; }));
    EXPECT_TRUE(refused([](ClientMemory& m) { m.planes[1].data++; })) << "not aligned";
    EXPECT_TRUE(refused([](ClientMemory& m) { m.planes[2].bytes = std::size_t{33} * 64 + overread - 1; }))
        << "reads beyond the mapping";
    EXPECT_TRUE(refused([](ClientMemory& m) { m.lender.reset(); }));
    FrameShape wide = shape;
    wide.format = SampleFormat::yuv420_10;
    EXPECT_FALSE(memory_.holds(wide, 64));
    FrameShape grey = shape;
    grey.format = SampleFormat::grey_8;
    EXPECT_FALSE(memory_.holds(grey, 64));
}

TEST_F(ClientMemoryTest, IsLentToOnePictureAtATime) {
    auto first = memory_.lend();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->planes[1], memory_.planes[1].data);
    EXPECT_EQ(first->strides[2], 64);
    EXPECT_FALSE(memory_.lend());
    auto user = first;
    first.reset();
    EXPECT_FALSE(memory_.lend()) << "somebody predicts from it";
    user.reset();
    EXPECT_TRUE(memory_.lend());
}

} // namespace
} // namespace daedalus::decoder
