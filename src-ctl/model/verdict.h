// SPDX-License-Identifier: BSD-2-Clause
// Is video decoding healthy? One word, the reason, the remedy.
#pragma once

#include "environment.h"
#include "model/world.h"

#include <string>

namespace daedalus::ctl {

struct Verdict {
    ExitCode code = exit_healthy;
    std::string reason; ///< a sentence without full stop; empty when healthy
    std::string remedy; ///< what to type or do; empty when healthy or when nothing is known to help
};

/// "healthy", "degraded", "critical", "unknown".
[[nodiscard]] const char* health_word(ExitCode code);

/// Judges by the worst that is found.
[[nodiscard]] Verdict judge(const World& world);

/// Why a command cannot show anything, as a verdict.
[[nodiscard]] Verdict judge_failure(const CallFailure& failure, const statistics::ModuleState& module,
                                    const std::vector<Kernel>& kernels);

} // namespace daedalus::ctl
