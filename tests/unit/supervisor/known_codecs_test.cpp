// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/known_codecs.h"

#include "supervisor/runtime_file.h"

#include "daedalus/protocol.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdint>
#include <fstream>

namespace daedalus::supervisor {
namespace {

constexpr std::uint64_t h264 = 1U << DAEDALUS_CODEC_H264;
constexpr std::uint64_t av1 = 1U << DAEDALUS_CODEC_AV1;

class KnownCodecsTest : public testing::Test {
  protected:
    KnownCodecsTest() {
        std::filesystem::create_directory(directory_);
        std::ofstream(cache_) << "libraries";
    }
    ~KnownCodecsTest() override { std::filesystem::remove_all(directory_); }

    /// The worker becomes one that can decode this.
    void write_worker(const std::string& said) const {
        const std::filesystem::path draft = directory_ / "draft";
        std::ofstream(draft) << "#!/bin/sh\necho x >>" << (directory_ / "asked").string() << "\n"
                             << said << "\n";
        std::filesystem::permissions(draft, std::filesystem::perms::owner_all);
        std::filesystem::rename(draft, worker_);
    }
    [[nodiscard]] std::uint64_t recall() const {
        auto probe = recall_codecs(worker_, file_, cache_);
        return probe ? probe->codecs : 0;
    }
    [[nodiscard]] std::size_t times_asked() const {
        std::error_code none;
        const auto size = std::filesystem::file_size(directory_ / "asked", none);
        return none ? 0 : size / 2;
    }

    const std::filesystem::path directory_ =
        std::filesystem::path(testing::TempDir()) / ("daedalus-codecs-" + std::to_string(getpid()));
    const std::filesystem::path file_ = directory_ / "codecs";
    const std::filesystem::path worker_ = directory_ / "worker";
    const std::filesystem::path cache_ = directory_ / "cache";
};

TEST_F(KnownCodecsTest, AWorkerIsAskedOnce) {
    write_worker("echo codec h264; echo library libavcodec 61.19.101");
    EXPECT_EQ(recall(), h264);
    EXPECT_EQ(recall(), h264);
    EXPECT_EQ(times_asked(), 1U);
    EXPECT_EQ(recall_codecs(worker_, file_, cache_)->libraries.at(0).version, "61.19.101");
}

TEST_F(KnownCodecsTest, AnotherWorkerIsAskedAnew) {
    write_worker("echo codec h264");
    EXPECT_EQ(recall(), h264);
    write_worker("echo codec av1");
    EXPECT_EQ(recall(), av1);
}

TEST_F(KnownCodecsTest, ItIsAskedAnewWhenLibrariesHaveChanged) {
    write_worker("echo codec h264");
    EXPECT_EQ(recall(), h264);
    std::ofstream(cache_) << "other libraries";
    EXPECT_EQ(recall(), h264);
    EXPECT_EQ(times_asked(), 2U);
}

TEST_F(KnownCodecsTest, ItIsAskedAnewAfterAnEndThatWasAskedFor) {
    write_worker("echo codec h264");
    EXPECT_EQ(recall(), h264);
    forget_file(file_);
    EXPECT_EQ(recall(), h264);
    EXPECT_EQ(times_asked(), 2U);
}

TEST_F(KnownCodecsTest, AFileThatIsDamagedIsNotBelieved) {
    write_worker("echo codec h264");
    for (const char* text : {"", "\n", "codec av1\n", "worker none libraries none\ncodec av1\n"}) {
        std::ofstream(file_) << text;
        EXPECT_EQ(recall(), h264) << text;
    }
}

TEST_F(KnownCodecsTest, AFailureIsNotRemembered) {
    write_worker("exit 1");
    EXPECT_FALSE(recall_codecs(worker_, file_, cache_));
    EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(KnownCodecsTest, WithoutAPlaceToWriteTheWorkerIsAsked) {
    write_worker("echo codec h264");
    auto probe = recall_codecs(worker_, directory_ / "none" / "codecs", cache_);
    ASSERT_TRUE(probe);
    EXPECT_EQ(probe->codecs, h264);
}

} // namespace
} // namespace daedalus::supervisor
