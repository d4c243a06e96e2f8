// SPDX-License-Identifier: BSD-2-Clause
// What a worker's exit status says to the supervisor.
#pragma once

namespace daedalus::worker {

inline constexpr int exit_done = 0;   ///< the client closed the session
inline constexpr int exit_failed = 1; ///< the log says why
inline constexpr int exit_usage = 2;  ///< started with arguments that it does not know
inline constexpr int exit_codec_changed =
    3; ///< nothing is wrong: the session needs a worker for another codec

} // namespace daedalus::worker
