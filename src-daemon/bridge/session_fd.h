// SPDX-License-Identifier: BSD-2-Clause
// The session fd that ACCEPT returned.
#pragma once

#include "bridge/session_channel.h"

#include <memory>

namespace daedalus::bridge {

/// SessionChannel over the kernel module's session fd.
class SessionFd final : public SessionChannel {
  public:
    /// Takes ownership of `fd` and makes it non-blocking.
    static util::Result<std::unique_ptr<SessionFd>> adopt(util::UniqueFd fd);

    [[nodiscard]] int poll_fd() const override { return fd_.get(); }
    util::Result<ReadOutcome> read(std::span<std::byte> buffer) override;
    util::Result<bool> complete(std::uint64_t cookie, std::uint32_t flags, daedalus_status status) override;
    util::Result<util::UniqueFd> export_buffer(std::uint64_t buffer, std::uint32_t plane) override;
    util::Result<void> flushed(std::uint32_t epoch) override;
    util::Result<StreamAnswer> picture(const daedalus_picture& picture) override;
    util::Result<StreamAnswer> stream(const daedalus_stream& stream) override;
    util::Result<std::size_t> max_message() override;

  private:
    explicit SessionFd(util::UniqueFd fd) : fd_(std::move(fd)) {}

    util::UniqueFd fd_;
};

} // namespace daedalus::bridge
