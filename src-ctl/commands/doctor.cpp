// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl doctor: walks the whole chain and prints what to do where it is broken.
#include "commands/command.h"

#include "doctor/check.h"
#include "text/style.h"

#include <algorithm>
#include <ostream>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

const char* name(CheckResult result) {
    switch (result) {
    case CheckResult::pass:
        return "pass";
    case CheckResult::warn:
        return "warn";
    case CheckResult::fail:
        return "fail";
    case CheckResult::skip:
        break;
    }
    return "skip";
}

Color color_of(CheckResult result) {
    switch (result) {
    case CheckResult::pass:
        return Color::green;
    case CheckResult::warn:
        return Color::yellow;
    case CheckResult::fail:
        return Color::red;
    case CheckResult::skip:
        break;
    }
    return Color::dim;
}

int run(const Invocation& invocation) {
    const Environment& environment = invocation.environment;
    const World world = look_around(environment);
    std::vector<Check> checks;
    check_kernel(environment, world, checks);
    check_device(environment, world, checks);
    check_daemon(environment, world, checks);
    check_decode(environment, world, checks);
    check_players(environment, world, checks);
    check_browsers(environment, world, checks);
    const auto count = [&](CheckResult result) { return std::ranges::count(checks, result, &Check::result); };
    const int exit_code = count(CheckResult::fail) > 0   ? exit_critical
                          : count(CheckResult::warn) > 0 ? exit_degraded
                                                         : exit_healthy;
    if (invocation.json) {
        json out = document("doctor");
        out["daemon"] = encode_reachability(world.failure);
        out["checks"] = json::array();
        for (const Check& check : checks)
            out["checks"].push_back({{"id", check.id},
                                     {"title", check.title},
                                     {"result", name(check.result)},
                                     {"detail", check.detail},
                                     {"fix", check.fix.empty() ? json() : json(check.fix)}});
        out["failed"] = count(CheckResult::fail);
        print(environment, out);
        return exit_code;
    }
    for (const Check& check : checks) {
        environment.out << paint(environment, color_of(check.result), name(check.result)) << "  "
                        << check.title;
        if (!check.detail.empty())
            environment.out << ": " << check.detail;
        environment.out << "\n";
        if (!check.fix.empty())
            environment.out << "      " << paint(environment, Color::bold, "fix: " + check.fix) << "\n";
    }
    environment.out << "\n"
                    << count(CheckResult::pass) << " passed, " << count(CheckResult::warn) << " warnings, "
                    << count(CheckResult::fail) << " failed, " << count(CheckResult::skip) << " skipped\n";
    return exit_code;
}

} // namespace

void add_doctor(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        app.add_subcommand("doctor", "Walk the whole chain, from the kernel to the players, and "
                                     "say what to do where it is broken");
    command->footer("Exit status 0 if all is well, 1 with warnings, 2 if something fails.");
    command->callback([&invocation] { invocation.action = [&invocation] { return run(invocation); }; });
}

} // namespace daedalus::ctl
