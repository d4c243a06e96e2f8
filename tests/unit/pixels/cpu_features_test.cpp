// SPDX-License-Identifier: BSD-2-Clause
#include "pixels/cpu_features.h"

#include <gtest/gtest.h>

#include <libyuv/cpu_id.h>

namespace libyuv {
extern "C" int cpu_info_; // NOLINT(readability-redundant-declaration): of newer libyuvs private; 0 until it
                          // has been found out
} // namespace libyuv

namespace daedalus::pixels {
namespace {

TEST(CpuFeatures, AreKnownAfterwards) {
    detect_cpu();
    EXPECT_NE(libyuv::cpu_info_, 0);
}

} // namespace
} // namespace daedalus::pixels
