// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl version: the versions of all parts, and whether they fit together.
#include "commands/command.h"

#include "model/fields.h"
#include "text/units.h"
#include "util/log.h"

#include "daedalus/build_paths.h"
#include "daedalus/protocol.h"

#include <ostream>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

int run(const Invocation& invocation) {
    const Environment& environment = invocation.environment;
    const statistics::ModuleState module = statistics::read_module(environment.at("/sys"));
    Daemon daemon(environment);
    const auto reply = daemon.call("GetHealth");
    const json health = reply ? Fields(*reply).object("health").json() : json();
    const auto daemon_version = Fields(health).text("daemon_version");
    const auto daemon_proto = Fields(health).number("proto_version");
    const std::uint64_t ours = DAEDALUS_PROTO_VERSION;
    const bool match = module.proto_version.value_or(ours) == ours && daemon_proto.value_or(ours) == ours;
    if (invocation.json) {
        json out = document("version");
        out["daemon"] = encode_reachability(reply ? std::nullopt : std::optional(reply.error()));
        out["versions"] = {
            {"daedalusctl", {{"version", project_version}, {"proto_version", ours}}},
            {"daedalusd",
             {{"version", daemon_version ? json(*daemon_version) : json()},
              {"proto_version", daemon_proto ? json(*daemon_proto) : json()}}},
            {"module",
             {{"version", module.version ? json(*module.version) : json()},
              {"proto_version", module.proto_version ? json(*module.proto_version) : json()}}},
        };
        out["match"] = match;
        print(environment, out);
    } else {
        environment.out << "daedalusctl    " << project_version << ", protocol " << ours << "\n"
                        << "daedalusd      "
                        << (daemon_version ? *daemon_version + ", protocol " + format_optional(daemon_proto)
                                           : "unknown: " + (reply ? std::string("it does not say")
                                                                  : reply.error().message))
                        << "\n"
                        << "daedalus_v4l2  "
                        << (module.loaded ? util::printable(module.version.value_or("?")) + ", protocol " +
                                                format_optional(module.proto_version)
                                          : "not loaded")
                        << "\n";
        if (!match)
            environment.out << "The protocols differ: reload the module and restart daedalusd, or reboot.\n";
    }
    if (!match || !module.loaded)
        return exit_critical;
    return reply ? exit_healthy : static_cast<int>(judge_failure(reply.error(), module, {}).code);
}

} // namespace

void add_version(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        app.add_subcommand("version", "The versions of all parts, and whether they fit together");
    command->footer("Exit status 0 if they fit, 2 if they do not or one is missing.");
    command->callback([&invocation] { invocation.action = [&invocation] { return run(invocation); }; });
}

} // namespace daedalus::ctl
