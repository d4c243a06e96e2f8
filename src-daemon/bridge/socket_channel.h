// SPDX-License-Identifier: BSD-2-Clause
// A worker's end of a session whose kernel is played by a test or a benchmark.
#pragma once

#include "bridge/session_channel.h"
#include "bridge/stand_in.h"

namespace daedalus::bridge {

/// SessionChannel over a stream socket, see stand_in.h. COMPLETE and FLUSHED never fail here.
class SocketChannel final : public SessionChannel {
  public:
    explicit SocketChannel(util::UniqueFd socket) : socket_(std::move(socket)) {}

    [[nodiscard]] int poll_fd() const override { return socket_.get(); }
    util::Result<ReadOutcome> read(std::span<std::byte> buffer) override;
    util::Result<bool> complete(std::uint64_t cookie, std::uint32_t flags, daedalus_status status) override;
    util::Result<util::UniqueFd> export_buffer(std::uint64_t buffer, std::uint32_t plane) override;
    util::Result<void> flushed(std::uint32_t epoch) override;
    util::Result<StreamAnswer> picture(const daedalus_picture& picture) override;
    util::Result<StreamAnswer> stream(const daedalus_stream& stream) override;
    util::Result<std::size_t> max_message() override;

  private:
    /// Sends a call that is answered with an int, and perhaps an fd.
    util::Result<util::UniqueFd> ask(const StandInCall& call, int& answer);

    util::UniqueFd socket_;
};

} // namespace daedalus::bridge
