// SPDX-License-Identifier: BSD-2-Clause
// Code that runs in a process of its own, in the sandbox of a worker.
#pragma once

#include "sandbox/sandbox.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace daedalus::test {

/// How such a process ended.
struct Ended {
    bool by_signal = false;
    int value = 0; ///< signal or exit status
    std::optional<int> refused_call;
    std::string stderr_text;
};

/// What to run, and what of it before the sandbox.
struct Script {
    sandbox::Limits limits = {};
    std::vector<int> keep = {};                ///< file descriptors to keep
    bool gpu = false;                          ///< as where a GPU is used
    std::function<void()> before = {};         ///< first
    std::function<void()> between = {};        ///< when access was given up and the door is open
    std::function<int()> behind_the_door = {}; ///< its value is the exit status; none: the door stays open
};

/// The exit status when the sandbox could not be entered; stderr_text says why.
inline constexpr int not_locked_up = 99;

/// Forks, runs the script, waits.
Ended run(const Script& script);

/// Only behind the door.
inline Ended run_locked_up(std::function<int()> body) {
    return run({.behind_the_door = std::move(body)});
}

/// For messages of failed tests.
std::string describe(const Ended& ended);

} // namespace daedalus::test
