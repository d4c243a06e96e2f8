// SPDX-License-Identifier: BSD-2-Clause
#include "application.h"

#include "commands/command.h"

#include "daedalus/build_paths.h"
#include "daedalus/protocol.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ostream>
#include <string_view>

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

struct Command {
    std::array<std::string_view, 2> names; ///< its own and its alias
    void (*add)(CLI::App&, Invocation&);
};

/// In the order of the help.
constexpr std::array commands = {
    Command{{"status"}, add_status},
    Command{{"sessions"}, add_sessions},
    Command{{"jobs"}, add_jobs},
    Command{{"stats"}, add_stats},
    Command{{"watch", "top"}, add_watch},
    Command{{"reset"}, add_reset},
    Command{{"doctor"}, add_doctor},
    Command{{"metrics"}, add_metrics},
    Command{{"version"}, add_version},
    Command{{"log"}, add_log},
    Command{{"completion"}, add_completion},
};

/// Puts the commands that the arguments may mean into the tree, which takes longer to build than most of them
/// to run; all of them where a help or a complaint is to show them.
void add_commands(CLI::App& app, Invocation& invocation, const std::vector<std::string>& arguments) {
    const auto given = [&](std::string_view word) {
        return !word.empty() && std::ranges::find(arguments, word) != arguments.end();
    };
    const auto meant = [&](const Command& command) { return std::ranges::any_of(command.names, given); };
    const bool all =
        given("--help") || given("-h") || given("completion") || !std::ranges::any_of(commands, meant);
    for (const Command& command : commands)
        if (all || meant(command))
            command.add(app, invocation);
}

} // namespace

int run(Environment& environment, std::vector<std::string> arguments) {
    CLI::App app("See and steer the video decoder of daedalus-v4l2", "daedalusctl");
    Invocation invocation{.environment = environment, .json = false, .action = {}};
    bool no_color = false;
    auto timeout_ms = static_cast<unsigned>(environment.timeout.count());
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

    add_commands(app, invocation, arguments);

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
