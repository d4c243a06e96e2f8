// SPDX-License-Identifier: BSD-2-Clause
// Tells the control socket what the supervisor knows.
#pragma once

#include "control/provider.h"
#include "control/server.h"
#include "supervisor/session_table.h"

#include <memory>
#include <string>
#include <vector>

namespace daedalus::supervisor {

class Supervisor;

/// The supervisor as the control socket sees it, and the socket itself.
class ControlService : public control::Provider {
  public:
    /// Serves `path` from the loop `event`, and makes its directory if there is none. `supervisor` and
    /// `event` outlive this. Errors: those of listen_at() and Server::start().
    [[nodiscard]] static util::Result<std::unique_ptr<ControlService>>
    start(sd_event* event, Supervisor& supervisor, const std::string& path);

    [[nodiscard]] control::Health health() const override;
    [[nodiscard]] std::vector<control::Session> sessions() const override;
    [[nodiscard]] const statistics::CodecTotals& codec_totals() const override;
    void reset_stats() override;
    util::Result<std::uint32_t> cancel(std::uint64_t session, std::uint64_t cookie) override;

  private:
    explicit ControlService(Supervisor& supervisor) : supervisor_(supervisor) {}

    Supervisor& supervisor_;
    std::unique_ptr<control::Server> server_;
};

} // namespace daedalus::supervisor
