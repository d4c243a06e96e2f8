// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl reset: ends what it names with an error to the client, or sets the counters to zero.
#include "commands/command.h"

#include "model/fields.h"
#include "text/units.h"

#include <charconv>
#include <istream>
#include <memory>
#include <ostream>
#include <string_view>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

/// Decimal, or hexadecimal with 0x.
std::optional<std::uint64_t> parse_number(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    }
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
        return std::nullopt;
    return number;
}

int complain(const Invocation& invocation, const std::string& what) {
    invocation.environment.err << "daedalusctl: " << what << "\n";
    return exit_unknown;
}

/// Says what was ended, or why nothing was.
int finish(const Invocation& invocation, const std::string& what, const CallResult<json>& reply) {
    if (!reply) {
        const Fields parameters(reply.error().parameters);
        if (reply.error().error == "org.daedalus.v4l2.NoSuchSession")
            return complain(invocation, "session " + format_optional(parameters.number("session")) +
                                            " does not stream; daedalusctl sessions lists those that do");
        if (reply.error().error == "org.daedalus.v4l2.NoSuchJob")
            return complain(invocation, "the job is not there any more");
        if (reply.error().error == "org.daedalus.v4l2.Failed")
            return complain(invocation, parameters.text("reason").value_or("the kernel refused it"));
        if (reply.error().problem == Problem::denied)
            return complain(invocation, "only root may reset; try sudo");
        return report_failure(invocation, "reset", reply.error());
    }
    const auto canceled = Fields(*reply).number("canceled");
    if (invocation.json) {
        json out = document("reset");
        out["daemon"] = encode_reachability(std::nullopt);
        out["target"] = what;
        out["canceled"] = canceled ? json(*canceled) : json();
        print(invocation.environment, out);
    } else if (canceled) {
        invocation.environment.out << what << ": ended " << *canceled << (*canceled == 1 ? " job" : " jobs")
                                   << "\n";
    } else {
        invocation.environment.out << what << ": counting from zero\n";
    }
    return exit_healthy;
}

/// The session that holds the job; jobs are numbered in each session, so several may.
std::expected<std::uint64_t, std::string> find_session(const json& jobs, std::uint64_t cookie) {
    std::optional<std::uint64_t> found;
    for (const auto& element : jobs) {
        const Fields job(element);
        if (job.number("cookie") != cookie)
            continue;
        if (found && found != job.number("session"))
            return std::unexpected("several sessions have a job " + format_cookie(cookie) +
                                   "; say which with --session");
        found = job.number("session");
    }
    if (!found)
        return std::unexpected("no worker holds a job " + format_cookie(cookie));
    return *found;
}

int reset_job(const Invocation& invocation, const std::string& text, std::optional<std::uint64_t> session) {
    const auto cookie = parse_number(text);
    if (!cookie || *cookie == 0)
        return complain(invocation, "'" + text + "' is no cookie; daedalusctl jobs lists them");
    Daemon daemon(invocation.environment);
    if (!session) {
        const auto jobs = daemon.call("GetJobs");
        if (!jobs)
            return finish(invocation, "job", jobs);
        const auto found = find_session(Fields(*jobs).list("jobs"), *cookie);
        if (!found)
            return complain(invocation, found.error());
        session = *found;
    }
    return finish(invocation, "job " + format_cookie(*cookie) + " of session " + std::to_string(*session),
                  daemon.call("CancelJob", {{"session", *session}, {"cookie", *cookie}}));
}

int reset_all(const Invocation& invocation, bool yes) {
    const Environment& environment = invocation.environment;
    if (!yes && !environment.in_is_terminal)
        return complain(invocation, "reset all interrupts every player; without a terminal it needs --yes");
    if (!yes) {
        environment.err << "This ends the jobs of all sessions with errors to their players. Go on? [y/N] ";
        std::string answer;
        std::getline(environment.in, answer);
        if (answer != "y" && answer != "yes")
            return complain(invocation, "nothing was reset");
    }
    Daemon daemon(environment);
    return finish(invocation, "all sessions", daemon.call("CancelAll"));
}

} // namespace

void add_reset(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        app.add_subcommand("reset", "End jobs with an error to their clients, or zero the counters");
    command->require_subcommand(1);
    command->footer(
        "For root. Sessions go on to stream; their players see errors for the frames that were ended.\n\n"
        "Examples:\n"
        "  sudo daedalusctl reset stats\n"
        "  sudo daedalusctl reset session 3\n"
        "  sudo daedalusctl reset job 0x100000007 --session 3\n"
        "  sudo daedalusctl reset all --yes");

    command->add_subcommand("stats", "Count from zero again")->callback([&invocation] {
        invocation.action = [&invocation] {
            return finish(invocation, "statistics", Daemon(invocation.environment).call("ResetStats"));
        };
    });

    CLI::App* job = command->add_subcommand("job", "End one job");
    auto cookie = std::make_shared<std::string>();
    auto of_session = std::make_shared<std::optional<std::uint64_t>>();
    job->add_option("cookie", *cookie, "The job's cookie, as daedalusctl jobs shows it")->required();
    job->add_option("--session", *of_session, "The session that has it, if several have one of that cookie");
    job->callback([&invocation, cookie, of_session] {
        invocation.action = [&invocation, cookie, of_session] {
            return reset_job(invocation, *cookie, *of_session);
        };
    });

    CLI::App* session = command->add_subcommand("session", "End all jobs of a session");
    auto id = std::make_shared<std::uint64_t>(0);
    session->add_option("id", *id, "The session's id, as daedalusctl sessions shows it")->required();
    session->callback([&invocation, id] {
        invocation.action = [&invocation, id] {
            return finish(invocation, "session " + std::to_string(*id),
                          Daemon(invocation.environment).call("CancelSession", {{"session", *id}}));
        };
    });

    CLI::App* all = command->add_subcommand("all", "End all jobs of all sessions");
    auto yes = std::make_shared<bool>(false);
    all->add_flag("--yes", *yes, "Do not ask");
    all->callback([&invocation, yes] {
        invocation.action = [&invocation, yes] { return reset_all(invocation, *yes); };
    });
}

} // namespace daedalus::ctl
