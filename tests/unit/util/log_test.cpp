// SPDX-License-Identifier: BSD-2-Clause
#include "util/log.h"

#include <gtest/gtest.h>

#include <vector>

namespace daedalus::util {
namespace {

std::vector<std::string> lines;

void collect(LogLevel /*level*/, const LogContext& context, std::string_view text) {
    lines.push_back(std::to_string(context.session) + ' ' + std::string(text));
}

class Log : public testing::Test {
  protected:
    Log() {
        lines.clear();
        set_log_sink(collect);
    }
    ~Log() override {
        set_log_sink(nullptr);
        set_log_level(LogLevel::info);
    }
};

TEST_F(Log, DropsWhatIsNotUrgentEnough) {
    log(LogLevel::debug, "not this");
    log(LogLevel::info, "this %d", 1);
    set_log_level(LogLevel::error);
    log(LogLevel::warning, "nor this");
    EXPECT_EQ(lines, std::vector<std::string>{"0 this 1"});
}

TEST_F(Log, NobodyCanForgeALine) {
    log(LogContext{.session = 4, .codec = {}, .client_comm = {}, .message_id = {}}, LogLevel::error, "%s",
        "a\nerror: b\033[2J");
    EXPECT_EQ(lines, std::vector<std::string>{"4 a\\x0aerror: b\\x1b[2J"});
}

TEST_F(Log, LongLinesAreWhole) {
    const std::string text(10'000, 'x');
    log(LogLevel::error, "%s", text.c_str());
    EXPECT_EQ(lines.at(0), "0 " + text);
}

TEST(Printable, LeavesUtf8Alone) {
    EXPECT_EQ(printable("caf\xc3\xa9\t\x7f"), "caf\xc3\xa9\\x09\\x7f");
    EXPECT_EQ(printable("\xc2\xa0\xe2\x82\xac\xf0\x9f\x8e\xac"), "\xc2\xa0\xe2\x82\xac\xf0\x9f\x8e\xac");
}

/// Some terminals obey C1 controls in UTF-8, as if they were ESC and a letter.
TEST(Printable, EscapesControlsInUtf8) {
    EXPECT_EQ(printable("\xc2\x9b"
                        "2K"),
              "\\xc2\\x9b2K");
    EXPECT_EQ(printable("\xe2\x80\xae"), "\\xe2\\x80\\xae");
    EXPECT_EQ(printable("\xe2\x80\xa8"), "\\xe2\\x80\\xa8");
}

TEST(Printable, EscapesWhatIsNoUtf8) {
    EXPECT_EQ(printable("\x9b"), "\\x9b");
    EXPECT_EQ(printable("a\xc3"), "a\\xc3");                 // cut off
    EXPECT_EQ(printable("\xc0\x9b"), "\\xc0\\x9b");          // longer than it need be
    EXPECT_EQ(printable("\xe0\x82\x9b"), "\\xe0\\x82\\x9b"); // the same
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80"); // a surrogate
    EXPECT_EQ(printable("\xf4\x90\x80\x80")[0], '\\');       // beyond Unicode
    EXPECT_EQ(printable("\xff\xbf\xbf\xbf")[0], '\\');
}

} // namespace
} // namespace daedalus::util
