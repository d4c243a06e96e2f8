// SPDX-License-Identifier: BSD-2-Clause
#include "runner.h"

#include <cstdio>
#include <cstring>
#include <fnmatch.h>

namespace daedalus::client {

namespace {

using Options = std::map<std::string, std::string>;

/** Runs one scenario and prints its verdict; false when it failed. */
bool run_scenario(Context& context, const Scenario& scenario) {
    context.scenario = scenario.name;
    const char* verdict = "pass";
    std::string reason;
    try {
        scenario.run(context);
    } catch (const Skip& skip) {
        verdict = "skip";
        reason = skip.what();
    } catch (const std::exception& failure) {
        verdict = "fail";
        reason = failure.what();
    }
    std::printf("RESULT %s - - - %s %s\n", scenario.name, verdict, reason.c_str());
    std::fflush(stdout);
    return std::strcmp(verdict, "fail") != 0;
}

bool run_pattern(Context& context, const std::string& pattern,
                 std::span<const std::span<const Scenario>> lists) {
    bool good = true;
    size_t matches = 0;
    for (const std::span<const Scenario> list : lists)
        for (const Scenario& scenario : list) {
            if (::fnmatch(pattern.c_str(), scenario.name, 0) != 0)
                continue;
            matches++;
            good = run_scenario(context, scenario) && good;
        }
    if (matches == 0)
        throw Failure("no scenario is called " + pattern);
    return good;
}

Nodes nodes_of(const Options& options) {
    if (options.contains("video") && options.contains("media"))
        return {.video = options.at("video"), .media = options.at("media")};
    const std::string driver = options.contains("driver") ? options.at("driver") : "daedalus_v4l2";
    const auto nodes = find_nodes(driver);
    if (!nodes)
        throw Failure("no decoder of the driver " + driver + ": is the module loaded?");
    return *nodes;
}

/** Takes "--name value" pairs out of the arguments; operands are left. */
Options take_options(std::vector<std::string>& arguments) {
    Options options;
    std::vector<std::string> operands;
    for (size_t i = 0; i < arguments.size(); i++) {
        if (!arguments[i].starts_with("--")) {
            operands.push_back(arguments[i]);
            continue;
        }
        if (i + 1 == arguments.size())
            throw Failure(arguments[i] + " needs a value");
        options[arguments[i].substr(2)] = arguments[i + 1];
        i++;
    }
    arguments = operands;
    return options;
}

void print_usage(const char* program, std::span<const Command> commands) {
    std::printf("%s [--video NODE --media NODE | --driver NAME] list\n"
                "%s ... run [OPTION...] PATTERN...    scenarios whose names match\n",
                program, program);
    for (const Command& command : commands)
        std::printf("%s ... %s %s\n", program, command.name, command.usage);
}

int run(const char* program, std::vector<std::string> arguments,
        std::span<const std::span<const Scenario>> lists, std::span<const Command> commands) {
    const Options options = take_options(arguments);
    if (arguments.empty()) {
        print_usage(program, commands);
        return 2;
    }
    const std::string verb = arguments[0];
    arguments.erase(arguments.begin());
    if (verb == "list") {
        for (const std::span<const Scenario> list : lists)
            for (const Scenario& scenario : list)
                std::printf("%-34s %s\n", scenario.name, scenario.summary);
        return 0;
    }
    for (const Command& command : commands)
        if (verb == command.name && !arguments.empty())
            return command.run(Context(command.needs_decoder ? nodes_of(options) : Nodes{}, options),
                               arguments[0]);
    Context context(nodes_of(options), options);
    if (verb != "run" || arguments.empty()) {
        print_usage(program, commands);
        return 2;
    }
    bool good = true;
    for (const std::string& pattern : arguments)
        good = run_pattern(context, pattern, lists) && good;
    return good ? 0 : 1;
}

} // namespace

int run_program(const char* program, std::vector<std::string> arguments,
                std::span<const std::span<const Scenario>> lists, std::span<const Command> commands) {
    try {
        return run(program, std::move(arguments), lists, commands);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s: %s\n", program, failure.what());
        return 2;
    }
}

} // namespace daedalus::client
