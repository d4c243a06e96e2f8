// SPDX-License-Identifier: BSD-2-Clause
#include "support/md5.h"

#include <gtest/gtest.h>
#include <string_view>

namespace daedalus::test {
namespace {

std::string md5_of(std::string_view text) {
    return md5(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

// The test suite of RFC 1321, A.5.
TEST(Md5, MatchesTheRfc) {
    EXPECT_EQ(md5_of(""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(md5_of("abc"), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(md5_of("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
              "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, DoesNotCareHowTheBytesArrive) {
    const std::string text(1000, 'x');
    const auto bytes = std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    for (size_t piece = 1; piece < 200; piece += 7) {
        Md5 digest;
        for (size_t at = 0; at < bytes.size(); at += piece)
            digest.update(bytes.subspan(at, std::min(piece, bytes.size() - at)));
        EXPECT_EQ(digest.finish(), md5_of(text)) << piece;
    }
}

} // namespace
} // namespace daedalus::test
