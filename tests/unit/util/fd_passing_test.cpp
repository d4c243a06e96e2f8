// SPDX-License-Identifier: BSD-2-Clause
#include "util/fd_passing.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace daedalus::util {
namespace {

class FdPassing : public testing::Test {
  protected:
    FdPassing() {
        std::array<int, 2> ends = {};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        left.reset(ends[0]);
        right.reset(ends[1]);
    }
    UniqueFd left, right;
};

TEST_F(FdPassing, CarriesDataAndADescriptor) {
    std::array<int, 2> pipe_ends = {};
    ASSERT_EQ(pipe2(pipe_ends.data(), O_CLOEXEC), 0);
    const UniqueFd reading(pipe_ends[0]), writing(pipe_ends[1]);
    const std::array data = {std::byte{1}, std::byte{2}, std::byte{3}};
    ASSERT_TRUE(send_with_fd(left.get(), data, writing.get()));
    std::array<std::byte, 3> received = {};
    const auto fd = receive_with_fd(right.get(), received);
    ASSERT_TRUE(fd && *fd);
    EXPECT_EQ(received, data);
    EXPECT_NE(fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
    ASSERT_EQ(write(fd->get(), "x", 1), 1);
    char c = 0;
    ASSERT_EQ(read(reading.get(), &c, 1), 1);
    EXPECT_EQ(c, 'x');
}

TEST_F(FdPassing, CarriesDataAlone) {
    const std::array data = {std::byte{9}};
    ASSERT_TRUE(send_with_fd(left.get(), data, -1));
    std::array<std::byte, 1> received = {};
    const auto fd = receive_with_fd(right.get(), received);
    ASSERT_TRUE(fd);
    EXPECT_FALSE(*fd);
    EXPECT_EQ(received, data);
}

TEST_F(FdPassing, TellsWhenTheOtherSideHasGone) {
    left.reset();
    std::array<std::byte, 1> byte = {};
    const auto received = receive_with_fd(right.get(), byte);
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code, std::errc::connection_reset);
    const auto sent = send_with_fd(right.get(), byte, -1);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, std::errc::broken_pipe);
}

} // namespace
} // namespace daedalus::util
