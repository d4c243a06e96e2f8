// SPDX-License-Identifier: BSD-2-Clause
// A client of the V4L2 stateless uAPI, written to test one: see usage below.
#include "decode_command.h"
#include "scenario.h"

#include <cstdio>
#include <cstring>
#include <fnmatch.h>

namespace {

using namespace daedalus::client;

constexpr char usage[] =
    "daedalus-test-client list\n"
    "daedalus-test-client run [OPTION...] PATTERN...   scenarios whose names match a shell pattern\n"
    "daedalus-test-client decode [OPTION...] FILE      print the md5 of every frame\n"
    "\n"
    "--video NODE --media NODE   the decoder (default: the nodes of --driver, daedalus_v4l2)\n"
    "run:\n"
    "--clips DIR --field-clips DIR  where NAME.h264 and NAME.framemd5 lie\n"
    "--seed N --seeks N\n"
    "--rounds N --daemon COMMAND --daemon-log FILE  of the scenario torture\n"
    "decode:\n"
    "--depth N                   requests in flight\n"
    "--timestamps counter|recycled|recycled-from-one|zero|wallclock\n"
    "--memory mmap|heap|udmabuf  of CAPTURE buffers\n"
    "--capture-buffers N  --seek-every N  --fields hold|requeue  --order display|decoding\n"
    "--compare FILE              what `ffmpeg -pix_fmt yuv420p -f framemd5` wrote\n";

std::vector<Scenario> all_scenarios() {
    std::vector<Scenario> all;
    for (const auto& list :
         {format_scenarios(), control_scenarios(), buffer_scenarios(), request_scenarios(),
          blocking_scenarios(), pipelining_scenarios(), timestamp_scenarios(), seek_scenarios(),
          resize_scenarios(), import_scenarios(), field_scenarios(), damage_scenarios(),
          many_clients_scenarios(), no_daemon_scenarios(), torture_scenarios()})
        all.insert(all.end(), list.begin(), list.end());
    return all;
}

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

int run_command(Context& context, const std::vector<std::string>& patterns) {
    bool good = true;
    for (const std::string& pattern : patterns) {
        size_t matches = 0;
        for (const Scenario& scenario : all_scenarios()) {
            if (::fnmatch(pattern.c_str(), scenario.name, 0) != 0)
                continue;
            matches++;
            good = run_scenario(context, scenario) && good;
        }
        if (matches == 0)
            throw Failure("no scenario is called " + pattern);
    }
    return good ? 0 : 1;
}

int list_command() {
    for (const Scenario& scenario : all_scenarios())
        std::printf("%-34s %s\n", scenario.name, scenario.summary);
    return 0;
}

Nodes nodes_of(const std::map<std::string, std::string>& options) {
    if (options.contains("video") && options.contains("media"))
        return {.video = options.at("video"), .media = options.at("media")};
    const std::string driver = options.contains("driver") ? options.at("driver") : "daedalus_v4l2";
    const auto nodes = find_nodes(driver);
    if (!nodes)
        throw Failure("no decoder of the driver " + driver + ": is the module loaded?");
    return *nodes;
}

int run_main(const std::vector<std::string>& arguments) {
    if (arguments.empty() || arguments[0] == "--help") {
        std::fputs(usage, stdout);
        return arguments.empty() ? 2 : 0;
    }
    std::map<std::string, std::string> options;
    std::vector<std::string> operands;
    for (size_t i = 1; i < arguments.size(); i++) {
        if (!arguments[i].starts_with("--")) {
            operands.push_back(arguments[i]);
            continue;
        }
        if (i + 1 == arguments.size())
            throw Failure(arguments[i] + " needs a value");
        options[arguments[i].substr(2)] = arguments[i + 1];
        i++;
    }
    if (arguments[0] == "list")
        return list_command();
    if (operands.empty() || (arguments[0] != "run" && arguments[0] != "decode")) {
        std::fputs(usage, stderr);
        return 2;
    }
    Context context(nodes_of(options), options);
    return arguments[0] == "run" ? run_command(context, operands) : decode_command(context, operands[0]);
}

} // namespace

int main(int count, char** values) {
    try {
        return run_main(std::vector<std::string>(values + 1, values + count));
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "daedalus-test-client: %s\n", failure.what());
        return 2;
    }
}
