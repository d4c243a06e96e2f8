// SPDX-License-Identifier: BSD-2-Clause
// What a client that wants too much gets.
#include "unit/control/server_fixture.h"

#include <gtest/gtest.h>

#include <vector>

namespace daedalus::control {
namespace {

using namespace std::string_view_literals;
using namespace std::chrono_literals;
using test::RawClient;
using test::ServerThread;

TEST(ServerLimits, ConnectionsInAll) {
    Limits limits;
    limits.connections = 5;
    const ServerThread server(limits);
    std::vector<RawClient> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(server.client());
        ASSERT_TRUE(clients.back().call("org.varlink.service.GetInfo"));
        ASSERT_TRUE(clients.back().receive());
    }
    RawClient sixth = server.client();
    const auto refusal = sixth.receive();
    ASSERT_TRUE(refusal);
    EXPECT_EQ((*refusal)["error"], "org.daedalus.v4l2.TooManyConnections");
    EXPECT_EQ((*refusal)["parameters"]["limit"], 5);
    EXPECT_TRUE(sixth.closed_within(2s));
    // One goes, another may come.
    clients.pop_back();
    std::this_thread::sleep_for(100ms);
    RawClient next = server.client();
    ASSERT_TRUE(next.call("org.varlink.service.GetInfo"));
    EXPECT_TRUE(next.receive().value().contains("parameters"));
}

TEST(ServerLimits, MessageSize) {
    const ServerThread server;
    RawClient client = server.client();
    (void)client.send_bytes(std::string(100000, 'x'));
    EXPECT_TRUE(client.closed_within(2s));
}

TEST(ServerLimits, CallRateSlowsDownButLosesNothing) {
    Limits limits;
    limits.calls_per_second = 50;
    limits.calls_burst = 10;
    const ServerThread server(limits);
    RawClient client = server.client();
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 35; ++i)
        ASSERT_TRUE(client.call("org.varlink.service.GetInfo"));
    for (int i = 0; i < 35; ++i)
        ASSERT_TRUE(client.receive()) << i;
    EXPECT_GE(std::chrono::steady_clock::now() - start, 400ms);
}

TEST(ServerLimits, CallRateIsSharedByConnectionsOfAUser) {
    Limits limits;
    limits.calls_per_second = 20;
    limits.calls_burst = 5;
    const ServerThread server(limits);
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 15; ++i) {
        RawClient client = server.client();
        ASSERT_TRUE(client.call("org.varlink.service.GetInfo"));
        ASSERT_TRUE(client.receive()) << i;
    }
    EXPECT_GE(std::chrono::steady_clock::now() - start, 400ms);
}

TEST(ServerLimits, ReaderThatNeverReadsIsCutOff) {
    Limits limits;
    limits.stalled_us = 500'000;
    const ServerThread server(limits);
    RawClient client = server.client();
    // Until its socket is full; the server stops reading calls long before it runs out of memory.
    std::string call = "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":"
                       "{\"interface\":\"org.daedalus.v4l2\"}}";
    call.push_back('\0');
    for (int i = 0; i < 300; ++i)
        if (send(client.fd(), call.data(), call.size(), MSG_NOSIGNAL | MSG_DONTWAIT) <= 0)
            break;
    std::this_thread::sleep_for(3s);
    EXPECT_TRUE(client.closed_within(5s));
}

TEST(ServerLimits, SlowReaderOfAStreamGetsFewerUpdates) {
    const ServerThread server;
    RawClient client = server.client();
    ASSERT_TRUE(client.call("org.daedalus.v4l2.Monitor", {{"interval_ms", 100}}, true));
    std::this_thread::sleep_for(1s);
    unsigned updates = 0;
    while (client.receive(50ms))
        ++updates;
    EXPECT_GE(updates, 3U);
    EXPECT_LE(updates, 30U);
}

TEST(ServerLimits, UpdatesOfStreamsCountAsCalls) {
    Limits limits;
    limits.calls_per_second = 5;
    limits.calls_burst = 2;
    const ServerThread server(limits);
    RawClient client = server.client();
    ASSERT_TRUE(client.call("org.daedalus.v4l2.Monitor", {{"interval_ms", 100}}, true));
    unsigned updates = 0;
    const auto end = std::chrono::steady_clock::now() + 2s;
    while (std::chrono::steady_clock::now() < end)
        updates += client.receive(100ms) ? 1 : 0;
    EXPECT_GE(updates, 3U);
    EXPECT_LE(updates, 13U);
}

TEST(ServerLimits, IdleConnectionIsClosed) {
    Limits limits;
    limits.idle_us = 300'000;
    const ServerThread server(limits);
    RawClient idle = server.client();
    RawClient streaming = server.client();
    ASSERT_TRUE(streaming.call("org.daedalus.v4l2.Monitor", {{"interval_ms", 100}}, true));
    EXPECT_TRUE(idle.closed_within(4s));
    EXPECT_FALSE(streaming.closed_within(500ms));
}

TEST(ServerLimits, TenThousandConnectionsLeaveItServing) {
    const ServerThread server;
    for (int i = 0; i < 10000; ++i) {
        const RawClient client = server.client();
        ASSERT_TRUE(client.connected()) << i;
    }
    std::this_thread::sleep_for(200ms);
    RawClient client = server.client();
    ASSERT_TRUE(client.call("org.varlink.service.GetInfo"));
    EXPECT_TRUE(client.receive().value().contains("parameters"));
}

} // namespace
} // namespace daedalus::control
