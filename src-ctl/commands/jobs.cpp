// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl jobs: the requests that workers hold, beside the kernel's count.
#include "commands/command.h"

#include "model/fields.h"
#include "text/table.h"
#include "text/units.h"

#include <memory>
#include <ostream>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

int run(const Invocation& invocation, std::optional<std::uint64_t> session) {
    const Environment& environment = invocation.environment;
    Daemon daemon(environment);
    const auto reply = daemon.call("GetJobs", session ? json{{"session", *session}} : json::object());
    if (!reply && reply.error().error == "org.daedalus.v4l2.NoSuchSession") {
        environment.err << "daedalusctl: session " << session.value_or(0) << " does not stream\n";
        return exit_unknown;
    }
    if (!reply)
        return report_failure(invocation, "jobs", reply.error());
    const Fields fields(*reply);
    const json& jobs = fields.list("jobs");
    if (invocation.json) {
        json out = document("jobs");
        out["daemon"] = encode_reachability(std::nullopt);
        out["jobs"] = jobs;
        const auto in_flight = fields.number("kernel_jobs_in_flight");
        out["kernel_jobs_in_flight"] = in_flight ? json(*in_flight) : json();
        print(environment, out);
        return exit_healthy;
    }
    Table table({{.title = "COOKIE"},
                 {.title = "SESSION", .right = true},
                 {.title = "STATE"},
                 {.title = "FOR", .right = true},
                 {.title = "AGE", .right = true},
                 {.title = "BITSTREAM", .right = true},
                 {.title = "BUFFER", .right = true}});
    for (const auto& element : jobs) {
        const Fields job(element);
        table.add({format_cookie(job.number("cookie").value_or(0)), format_optional(job.number("session")),
                   job.text("state").value_or("?"), format_duration(job.number("state_age_us").value_or(0)),
                   format_duration(job.number("age_us").value_or(0)),
                   format_bytes(job.number("bitstream_bytes").value_or(0)),
                   format_optional(job.number("dst_buffer"))});
    }
    if (!table.empty())
        environment.out << table.render(environment.width);
    environment.out << jobs.size() << " jobs in workers";
    if (const auto in_flight = fields.number("kernel_jobs_in_flight"); in_flight && !session)
        environment.out << ", " << *in_flight << " in flight says the kernel";
    environment.out << "\n";
    return exit_healthy;
}

} // namespace

void add_jobs(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("jobs", "The decode requests in flight");
    command->footer("The kernel counts those too that a worker has not read yet.\n\n"
                    "Examples:\n"
                    "  daedalusctl jobs --session 3\n"
                    "  sudo daedalusctl reset job 0x100000007");
    auto session = std::make_shared<std::optional<std::uint64_t>>();
    command->add_option("--session", *session, "Only jobs of this session");
    command->callback([&invocation, session] {
        invocation.action = [&invocation, session] { return run(invocation, *session); };
    });
}

} // namespace daedalus::ctl
