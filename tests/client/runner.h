// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "scenario.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace daedalus::client {

/** A command of a test program beside its scenarios; returns the exit status. */
struct Command {
    const char* name;
    const char* usage;
    int (*run)(const Context&, const std::string& operand);
    bool needs_decoder = true;
};

/**
 * The main function of a test program: reads options and operands, finds the
 * decoder's nodes, and runs what is asked for. Prints a RESULT line for each
 * scenario.
 *
 * @return 0, 1 when a scenario failed, 2 when nothing could be run
 */
int run_program(const char* program, std::vector<std::string> arguments,
                std::span<const std::span<const Scenario>> lists, std::span<const Command> commands);

} // namespace daedalus::client
