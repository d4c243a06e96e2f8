// SPDX-License-Identifier: BSD-2-Clause
#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <string>
#include <unistd.h>

namespace daedalus::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigTest : public testing::Test {
  protected:
    ConfigTest() {
        char name[] = "/tmp/daedalus-config-XXXXXX";
        close(mkstemp(name));
        path_ = name;
    }
    ~ConfigTest() override { unlink(path_.c_str()); }

    util::Result<Loaded> load_text(const std::string& text) {
        std::ofstream(path_) << text;
        return load(path_);
    }

    std::string path_;
};

TEST_F(ConfigTest, MissingFileGivesDefaults) {
    auto loaded = load("/nonexistent/daedalus-v4l2.conf");
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->config.device, "/dev/daedalus-v4l2");
    EXPECT_EQ(loaded->config.max_sessions, 64U);
    EXPECT_EQ(loaded->config.worker_options.gpu_mode, GpuMode::off);
    EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST_F(ConfigTest, UnreadableFileIsAnError) {
    auto loaded = load("/tmp");
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message, HasSubstr("/tmp"));
}

TEST_F(ConfigTest, ReadsEveryKindOfValue) {
    auto loaded = load_text("[Daemon]\nDevice=/dev/other\nLogLevel = debug\n"
                            "[Sessions]\nJobTimeoutMs=1500 ; a comment\n"
                            "[Worker]\nThreads=3\nMaxBitstreamKiB=100\nMemoryMiB=7\n"
                            "[Gpu]\nMode=auto\nDevice=V3D 7.1\n");
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->config.device, "/dev/other");
    EXPECT_EQ(loaded->config.log_level, util::LogLevel::debug);
    EXPECT_EQ(loaded->config.job_timeout_ms, 1500U);
    EXPECT_EQ(loaded->config.worker_options.threads, 3U);
    EXPECT_EQ(loaded->config.worker_options.max_bitstream_bytes, 102400U);
    EXPECT_EQ(loaded->config.worker_options.memory_bytes, 7U << 20);
    EXPECT_EQ(loaded->config.worker_options.log_level, 7U);
    EXPECT_EQ(loaded->config.worker_options.gpu_mode, GpuMode::automatic);
    EXPECT_EQ(loaded->config.worker_options.gpu_device, "V3D 7.1");
}

TEST_F(ConfigTest, ErrorsNameFileAndLine) {
    const std::pair<const char*, const char*> cases[] = {
        {"[Sessions]\nMaxSessions=0\n", ":2: MaxSessions=0: a number from 1 to 1024"},
        {"[Sessions]\nMaxSessions=many\n", ":2: MaxSessions=many: a number"},
        {"[Sessions]\nMaxSessions=-1\n", "a number"},
        {"[Sessions]\nMaxSessions=99999999999999999999\n", "a number"},
        {"[Daemon]\n\nDevice=dev/relative\n", ":3: Device=dev/relative: an absolute path"},
        {"[Daemon]\nLogLevel=loud\n", "one of error"},
        {"[Gpu]\nMode=fast\n", ":2: Mode=fast: one of off, auto, on is wanted"},
        {"[Daemon]\nno assignment\n", ":2: neither"},
    };
    for (const auto& [text, expected] : cases) {
        auto loaded = load_text(text);
        ASSERT_FALSE(loaded) << text;
        EXPECT_THAT(loaded.error().message, HasSubstr(path_)) << text;
        EXPECT_THAT(loaded.error().message, HasSubstr(expected)) << text;
    }
}

TEST_F(ConfigTest, UnknownNamesWarnAndAreIgnored) {
    auto loaded = load_text("[Daemon]\nDevise=/dev/x\n[Nobody]\nKnows=this\n[Worker]\nThreads=2\n");
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr(":2: unknown key 'Devise'"),
                                              HasSubstr(":4: unknown section 'Nobody'")));
    EXPECT_EQ(loaded->config.worker_options.threads, 2U);
}

TEST_F(ConfigTest, BinaryRubbishNeitherCrashesNorLeaksControlCharacters) {
    std::string rubbish;
    for (int i = 0; i < 4096; i++)
        rubbish += static_cast<char>((i * 131) & 0xff);
    auto loaded = load_text("[Daemon]\nLogLevel=\x1b[2J\n");
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().message.find('\x1b'), std::string::npos);
    (void)load_text(rubbish);
}

// The file we install says what the defaults are: hold it to that by taking the comment marks away.
TEST_F(ConfigTest, InstalledFileShowsTheDefaults) {
    std::ifstream file(DEFAULT_CONFIG_FILE);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    ASSERT_FALSE(text.empty());
    auto loaded = load_text(std::regex_replace(text, std::regex("(^|\n)#(\\w+=)"), "$1$2"));
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_THAT(loaded->warnings, IsEmpty());
    const Config defaults;
    const Config& shown = loaded->config;
    EXPECT_EQ(shown.device, defaults.device);
    EXPECT_EQ(shown.control_socket, "/run/daedalus/control");
    EXPECT_EQ(shown.log_level, defaults.log_level);
    EXPECT_EQ(shown.max_sessions, defaults.max_sessions);
    EXPECT_EQ(shown.job_timeout_ms, defaults.job_timeout_ms);
    EXPECT_EQ(shown.frame_deadline_ms, defaults.frame_deadline_ms);
    EXPECT_EQ(shown.worker_deaths, defaults.worker_deaths);
    EXPECT_EQ(shown.worker_death_window_s, defaults.worker_death_window_s);
    EXPECT_EQ(shown.journal_bytes, defaults.journal_bytes);
    EXPECT_EQ(to_arguments(shown.worker_options), to_arguments(defaults.worker_options));
}

} // namespace
} // namespace daedalus::config
