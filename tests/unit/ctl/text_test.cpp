// SPDX-License-Identifier: BSD-2-Clause
#include "model/fields.h"
#include "text/prometheus.h"
#include "text/style.h"
#include "text/table.h"
#include "text/units.h"
#include "watch/view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <limits>

namespace daedalus::ctl {
namespace {

TEST(Units, Durations) {
    EXPECT_EQ(format_duration(0), "0 us");
    EXPECT_EQ(format_duration(999), "999 us");
    EXPECT_EQ(format_duration(1500), "1.5 ms");
    EXPECT_EQ(format_duration(12'340'000), "12.3 s");
    EXPECT_EQ(format_duration(200'000'000), "3 min 20 s");
    EXPECT_EQ(format_duration(7'380'000'000), "2 h 3 min");
    EXPECT_EQ(format_duration(435'600'000'000), "5 d 1 h");
    EXPECT_FALSE(format_duration(std::numeric_limits<std::uint64_t>::max()).empty());
}

TEST(Units, Bytes) {
    EXPECT_EQ(format_bytes(512), "512 B");
    EXPECT_EQ(format_bytes(1536), "1.5 KiB");
    EXPECT_EQ(format_bytes(5ULL << 30), "5.0 GiB");
    EXPECT_EQ(format_bytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(Units, Sparkline) {
    EXPECT_EQ(sparkline({}, 8), "");
    EXPECT_EQ(sparkline({0, 50, 100}, 8), "▁▅█");
    EXPECT_EQ(display_width(sparkline(std::vector<std::uint64_t>(100, 7), 16)), 16U);
}

TEST(Style, FitCountsColumnsNotBytes) {
    EXPECT_EQ(fit("abc", 5), "abc  ");
    EXPECT_EQ(fit("abcdef", 3), "abc");
    EXPECT_EQ(fit("äöü", 2), "äö");
    EXPECT_EQ(display_width("äöü"), 3U);
}

TEST(Table, DropsTheHeaviestColumnsFirst) {
    Table table(
        {{.title = "ID", .right = true}, {.title = "NAME", .weight = 1}, {.title = "DETAIL", .weight = 2}});
    table.add({"1", "alpha", "something long"});
    EXPECT_EQ(table.render(80), "ID  NAME   DETAIL\n 1  alpha  something long\n");
    EXPECT_EQ(table.render(20), "ID  NAME\n 1  alpha\n");
    EXPECT_EQ(table.render(6), "ID\n 1\n");
    EXPECT_EQ(table.render(1), "ID\n 1\n");
}

TEST(Prometheus, EscapesLabels) {
    PrometheusText text;
    text.family("x", "gauge", "Help.");
    text.sample(std::uint64_t{1}, {{"a", "q\"b\\c\nd"}});
    EXPECT_EQ(text.text(), "# HELP x Help.\n# TYPE x gauge\nx{a=\"q\\\"b\\\\c\\nd\"} 1\n");
    EXPECT_EQ(seconds(1'500'000), "1.5");
    EXPECT_EQ(seconds(1023), "0.001023");
    EXPECT_EQ(seconds(2'000'000), "2");
}

TEST(Fields, GiveNothingForWrongTypes) {
    const nlohmann::json object = {
        {"n", -1}, {"f", 1.5}, {"s", "a\x1b[31m"}, {"l", {1, "x", 2}}, {"o", {{"k", 7}}}};
    const Fields fields(object);
    EXPECT_FALSE(fields.number("n"));
    EXPECT_FALSE(fields.number("f"));
    EXPECT_FALSE(fields.number("missing"));
    EXPECT_EQ(fields.real("f"), 1.5);
    EXPECT_EQ(fields.text("s")->find('\x1b'), std::string::npos);
    EXPECT_EQ(fields.numbers("l"), (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(fields.object("o").number("k"), 7U);
    EXPECT_FALSE(fields.object("missing").object("deeper").number("k"));
    const nlohmann::json no_object = 17;
    EXPECT_FALSE(Fields(no_object).number("n"));
}

class WatchViewTest : public testing::Test {
  protected:
    static nlohmann::json reply(std::uint64_t cpu_us) {
        const auto session = [&](int id, double fps, std::uint64_t cpu) {
            return nlohmann::json{{"id", id},
                                  {"client_comm", "player"},
                                  {"client_pid", id},
                                  {"codec", "h264"},
                                  {"frames_per_second", fps},
                                  {"worker_pid", id},
                                  {"worker_cpu_us", cpu},
                                  {"queue_depth", 10 - id},
                                  {"recent_decode_us", {1, 2, 3}}};
        };
        return {{"health", {{"state", "serving"}}},
                {"sessions", {session(1, 30, cpu_us), session(2, 60, cpu_us / 2)}},
                {"kernel", {{"jobs_in_flight", 3}}}};
    }
    Environment environment_{.in = std::cin,
                             .out = std::cout,
                             .err = std::cerr,
                             .socket = {},
                             .kernel_release = {},
                             .machine = {}};
    WatchView view_;
};

TEST_F(WatchViewTest, ComputesProcessorShares) {
    const auto start = WatchView::Clock::now();
    view_.update(reply(1'000'000), start);
    EXPECT_NE(view_.lines().find("cpu=-"), std::string::npos);
    view_.update(reply(1'500'000), start + std::chrono::seconds(1));
    EXPECT_NE(view_.lines().find("cpu=50"), std::string::npos);
    EXPECT_NE(view_.lines().find("cpu=25"), std::string::npos);
}

TEST_F(WatchViewTest, Sorts) {
    view_.update(reply(0), {});
    const auto first = [&] { return view_.lines().substr(0, 9); };
    EXPECT_EQ(first(), "session=1");
    view_.sort_by("fps");
    EXPECT_EQ(first(), "session=2");
    view_.reverse();
    EXPECT_EQ(first(), "session=1");
    view_.sort_by("queue");
    EXPECT_EQ(first(), "session=1");
    view_.sort_by("nonsense");
    EXPECT_EQ(first(), "session=1");
    for (std::size_t i = 0; i < sort_keys.size() * 2; ++i)
        view_.next_sort();
}

TEST_F(WatchViewTest, EightyColumnsShowTheDecodeTimes) {
    view_.update(reply(0), {});
    const std::string screen = view_.screen(environment_, 24);
    EXPECT_NE(screen.find("DECODE TIME"), std::string::npos);
    EXPECT_NE(screen.find("▃▆█"), std::string::npos) << screen;
}

TEST_F(WatchViewTest, ScreenFitsTheTerminal) {
    nlohmann::json many = reply(0);
    for (int i = 0; i < 100; ++i)
        many["sessions"].push_back(many["sessions"][0]);
    view_.update(many, {});
    for (const unsigned height : {1U, 3U, 24U, 200U}) {
        const std::string screen = view_.screen(environment_, height);
        EXPECT_LE(std::ranges::count(screen, '\n'), height);
        EXPECT_TRUE(screen.ends_with('\n'));
    }
    view_.update(nlohmann::json("nonsense"), {});
    EXPECT_NE(view_.screen(environment_, 24).find("Nobody"), std::string::npos);
}

} // namespace
} // namespace daedalus::ctl
