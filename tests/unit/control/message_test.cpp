// SPDX-License-Identifier: BSD-2-Clause
#include "control/message.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace daedalus::control {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

TEST(MessageBuffer, CutsAtNulBytes) {
    MessageBuffer buffer(100);
    buffer.append("one\0two\0thr"sv);
    EXPECT_EQ(buffer.next(), "one");
    EXPECT_EQ(buffer.next(), "two");
    EXPECT_EQ(buffer.next(), std::nullopt);
    buffer.append("ee\0"sv);
    EXPECT_EQ(buffer.next(), "three");
    EXPECT_EQ(buffer.next(), std::nullopt);
    EXPECT_EQ(buffer.room(), 100U);
}

TEST(MessageBuffer, NoticesAMessageThatIsTooLong) {
    MessageBuffer buffer(8);
    buffer.append("12345678"sv);
    EXPECT_EQ(buffer.room(), 0U);
    EXPECT_EQ(buffer.next(), std::nullopt);
    EXPECT_TRUE(buffer.overlong());
    MessageBuffer fits(8);
    fits.append("1234567\0"sv);
    EXPECT_FALSE(fits.overlong());
    EXPECT_EQ(fits.next(), "1234567");
}

TEST(MessageBuffer, TakesByteByByte) {
    MessageBuffer buffer(100);
    const std::string bytes = "{}\0{\"a\":1}\0"s;
    std::vector<std::string> seen;
    for (const char c : bytes) {
        buffer.append(std::string_view(&c, 1));
        while (const auto message = buffer.next())
            seen.emplace_back(*message);
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"{}", "{\"a\":1}"}));
}

TEST(ParseRequest, ReadsACall) {
    const auto request =
        parse_request(R"({"method":"a.b.C","parameters":{"x":1},"more":true,"oneway":false})");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "a.b.C");
    EXPECT_EQ(request->parameters, (nlohmann::json{{"x", 1}}));
    EXPECT_TRUE(request->more);
    EXPECT_FALSE(request->oneway);
}

TEST(ParseRequest, FillsInWhatIsMissingOrNull) {
    for (const char* text :
         {R"({"method":"a.b.C"})", R"({"method":"a.b.C","parameters":null,"more":null})"}) {
        const auto request = parse_request(text);
        ASSERT_TRUE(request);
        EXPECT_TRUE(request->parameters.is_object());
        EXPECT_FALSE(request->more);
    }
}

TEST(ParseRequest, NamesTheMemberThatIsWrong) {
    const std::initializer_list<std::pair<const char*, const char*>> cases = {
        {"{}", "method"},
        {R"({"method":1})", "method"},
        {R"({"method":"a","parameters":[]})", "parameters"},
        {R"({"method":"a","more":1})", "more"},
        {R"({"method":"a","oneway":"yes"})", "oneway"},
        {R"({"method":"a","upgrade":true})", "upgrade"},
    };
    for (const auto& [text, member] : cases) {
        const auto request = parse_request(text);
        ASSERT_FALSE(request) << text;
        EXPECT_EQ(request.error().member, member) << text;
    }
}

TEST(ParseRequest, RefusesWhatIsNoObject) {
    for (const std::string_view text : {""sv, "[]"sv, "1"sv, "{"sv, "null"sv, R"({"method":"a"} x)"sv,
                                        "{\"method\":\"\xff\"}"sv, "\xef\xbb\xbf"sv}) {
        const auto request = parse_request(text);
        ASSERT_FALSE(request) << text;
        EXPECT_EQ(request.error().member, "") << text;
    }
}

TEST(ParseRequest, BoundsNesting) {
    const auto nested = [](unsigned depth) {
        return R"({"method":"a","parameters":{"x":)" + std::string(depth, '[') + std::string(depth, ']') +
               "}}";
    };
    EXPECT_TRUE(parse_request(nested(max_nesting - 2)));
    EXPECT_FALSE(parse_request(nested(max_nesting - 1)));
    EXPECT_FALSE(parse_request(nested(30000)));
    // Brackets inside strings do not nest.
    EXPECT_TRUE(parse_request(R"({"method":"a","parameters":{"x":"\"[[[[[[[[[[[[[[[[[[[[[[[[[[["}})"));
}

TEST(ParseRequest, SurvivesRandomChanges) {
    std::mt19937 random(3);
    const std::string good =
        R"({"method":"org.daedalus.v4l2.Monitor","parameters":{"interval_ms":500},"more":true})";
    unsigned refused = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string text = good;
        for (unsigned n = 0; n < 1 + (random() % 4); ++n)
            text[random() % text.size()] = static_cast<char>(random());
        refused += parse_request(text) ? 0 : 1;
    }
    EXPECT_GT(refused, 1000U);
}

TEST(MakeReply, EndsInNulAndReplacesWhatIsNotUtf8) {
    const std::string reply = make_reply({{"name", "a\xff"}}, true);
    EXPECT_EQ(reply.back(), '\0');
    const auto parsed = nlohmann::json::parse(reply.substr(0, reply.size() - 1));
    EXPECT_EQ(parsed["continues"], true);
    EXPECT_EQ(parsed["parameters"]["name"], "a\xef\xbf\xbd");
    const auto error = nlohmann::json::parse(make_error("x.Y", {{"p", 1}}).c_str());
    EXPECT_EQ(error["error"], "x.Y");
    EXPECT_EQ(error["parameters"]["p"], 1);
}

} // namespace
} // namespace daedalus::control
