// SPDX-License-Identifier: BSD-2-Clause
// Conversations with a running server.
#include "unit/control/server_fixture.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <random>
#include <vector>

namespace daedalus::control {
namespace {

using namespace std::string_view_literals;
using namespace std::chrono_literals;
using test::RawClient;
using test::ServerThread;

TEST(Server, AnswersACall) {
    const ServerThread server;
    RawClient client = server.client();
    ASSERT_TRUE(client.call("org.varlink.service.GetInfo"));
    const auto reply = client.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ((*reply)["parameters"]["product"], "daedalusd");
    EXPECT_FALSE(reply->contains("continues"));
}

TEST(Server, AnswersPipelinedCallsInOrder) {
    const ServerThread server;
    RawClient client = server.client();
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(client.call("org.daedalus.v4l2.GetHealth"));
        ASSERT_TRUE(client.call("org.daedalus.v4l2.Number" + std::to_string(i)));
    }
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(client.receive().value()["parameters"].contains("health"));
        EXPECT_EQ(client.receive().value()["parameters"]["method"],
                  "org.daedalus.v4l2.Number" + std::to_string(i));
    }
}

TEST(Server, PutsAMessageTogetherFromSingleBytes) {
    const ServerThread server;
    RawClient client = server.client();
    for (const char c : "{\"method\":\"org.varlink.service.GetInfo\"}\0"sv)
        ASSERT_TRUE(client.send_bytes({&c, 1}));
    EXPECT_TRUE(client.receive());
}

TEST(Server, AnswersAClientThatHasFinishedSending) {
    const ServerThread server;
    RawClient client = server.client();
    ASSERT_TRUE(client.call("org.varlink.service.GetInfo"));
    shutdown(client.fd(), SHUT_WR);
    EXPECT_TRUE(client.receive());
    EXPECT_TRUE(client.closed_within(2s));
}

TEST(Server, DoesNotAnswerOneway) {
    ServerThread server;
    RawClient client = server.client();
    ASSERT_TRUE(client.send_bytes("{\"method\":\"org.daedalus.v4l2.GetHealth\",\"oneway\":true}\0"sv));
    ASSERT_TRUE(client.call("org.varlink.service.GetInfo"));
    EXPECT_TRUE(client.receive().value()["parameters"].contains("product"));
}

TEST(Server, StreamsUntilTheClientGoes) {
    const ServerThread server;
    RawClient client = server.client();
    ASSERT_TRUE(client.call("org.daedalus.v4l2.Monitor", {{"interval_ms", 100}}, true));
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 5; ++i) {
        const auto reply = client.receive();
        ASSERT_TRUE(reply);
        EXPECT_EQ((*reply)["continues"], true);
        EXPECT_EQ((*reply)["parameters"]["sessions"].size(), 2U);
    }
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_GE(took, 350ms);
    EXPECT_LE(took, 3s);
    EXPECT_TRUE(server.client().call("org.varlink.service.GetInfo"));
}

TEST(Server, ClosesAfterWhatIsNoMessage) {
    const ServerThread server;
    for (const std::string_view bytes : {"\0"sv, "hello\0"sv, "[]\0"sv, "{\0"sv, "\xff\xfe\0"sv}) {
        RawClient client = server.client();
        ASSERT_TRUE(client.send_bytes(bytes));
        EXPECT_TRUE(client.closed_within(2s)) << bytes;
    }
    RawClient client = server.client();
    ASSERT_TRUE(client.call("org.varlink.service.GetInfo"));
    EXPECT_TRUE(client.receive());
}

TEST(Server, AnswersABadMember) {
    const ServerThread server;
    RawClient client = server.client();
    ASSERT_TRUE(client.send_bytes("{\"method\":17}\0"sv));
    EXPECT_EQ(client.receive().value()["error"], "org.varlink.service.InvalidParameter");
    ASSERT_TRUE(client.call("org.varlink.service.GetInfo"));
    EXPECT_TRUE(client.receive());
}

TEST(Server, LeavesNothingBehindAfterRandomBytes) {
    const ServerThread server;
    std::mt19937 random(11);
    for (int round = 0; round < 200; ++round) {
        const RawClient client = server.client();
        ASSERT_TRUE(client.connected());
        std::string bytes(random() % 2000, '\0');
        for (char& c : bytes)
            c = static_cast<char>(random());
        (void)client.send_bytes(bytes);
    }
    RawClient client = server.client();
    ASSERT_TRUE(client.call("org.varlink.service.GetInfo"));
    EXPECT_TRUE(client.receive());
}

TEST(Server, SocketIsNotForEverybody) {
    const ServerThread server;
    struct stat status {};
    ASSERT_EQ(stat(server.path().c_str(), &status), 0);
    EXPECT_TRUE(S_ISSOCK(status.st_mode));
    EXPECT_EQ(status.st_mode & 0007, 0U);
}

TEST(ListenAt, NamesWhatIsWrong) {
    EXPECT_EQ(listen_at(std::string(200, 'x'), std::nullopt).error().code.value(), ENAMETOOLONG);
    EXPECT_EQ(listen_at("/nonexistent/socket", std::nullopt).error().code.value(), ENOENT);
}

} // namespace
} // namespace daedalus::control
