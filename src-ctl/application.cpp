// SPDX-License-Identifier: BSD-2-Clause
#include "application.h"

#include "commands/command.h"

#include "daedalus/build_paths.h"
#include "daedalus/protocol.h"

#include <algorithm>
#include <chrono>
#include <ostream>

namespace daedalus::ctl {
namespace {

const char footer[] =
    "Exit status: 0 healthy, 1 degraded, 2 critical or no daemon, 3 unknown or a wrong command line.\n"
    "\n"
    "Examples:\n"
    "  daedalusctl status                 is video decoding healthy?\n"
    "  daedalusctl sessions               who decodes what, and how fast?\n"
    "  daedalusctl watch                  the same, live\n"
    "  daedalusctl doctor                 why does it not work?\n"
    "  daedalusctl status --format=nagios for a monitor\n"
    "\n"
    "See daedalusctl(1).";

} // namespace

int run(Environment& environment, std::vector<std::string> arguments) {
    CLI::App app("See and steer the video decoder of daedalus-v4l2", "daedalusctl");
    Invocation invocation{.environment = environment, .json = false, .action = {}};
    bool no_color = false;
    unsigned timeout_ms = static_cast<unsigned>(environment.timeout.count());
    std::string root;
    app.footer(footer);
    app.require_subcommand(1);
    // Options may stand behind the command too.
    app.fallthrough();
    app.add_flag("--json", invocation.json, "Print JSON, with schema_version");
    app.add_flag("--no-color", no_color, "No colours, also on a terminal");
    app.add_option("--socket", environment.socket, "The daemon's control socket");
    app.add_option("--timeout", timeout_ms, "Milliseconds to wait for the daemon")
        ->check(CLI::Range(1U, 600000U));
    app.add_option("--root", root, "Look for /sys, /dev and so on below this directory")->group("");

    app.set_version_flag("--version",
                         std::string("daedalusctl ") + project_version + " (protocol " +
                             std::to_string(DAEDALUS_PROTO_VERSION) + ")",
                         "The version of daedalusctl alone");

    add_status(app, invocation);
    add_sessions(app, invocation);
    add_jobs(app, invocation);
    add_stats(app, invocation);
    add_watch(app, invocation);
    add_reset(app, invocation);
    add_doctor(app, invocation);
    add_metrics(app, invocation);
    add_version(app, invocation);
    add_log(app, invocation);
    add_completion(app, invocation);

    std::ranges::reverse(arguments); // as CLI11 wants them
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError& error) {
        const bool asked_for_help = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
        app.exit(error, environment.out, environment.err);
        return asked_for_help ? exit_healthy : exit_unknown;
    }
    environment.timeout = std::chrono::milliseconds(timeout_ms);
    environment.color = environment.color && !no_color;
    if (!root.empty())
        environment.root = root;
    return invocation.action();
}

} // namespace daedalus::ctl
