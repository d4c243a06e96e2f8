// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl log: the service's journal, with the fields that the daemon puts into it.
#include "commands/command.h"

#include "model/fields.h"
#include "text/style.h"
#include "text/units.h"
#include "util/log.h"
#include "util/unique_fd.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <ostream>

extern char** environ; // NOLINT(readability-redundant-declaration): POSIX asks for it

namespace daedalus::ctl {
namespace {

using nlohmann::json;

struct LogOptions {
    unsigned lines = 50;
    bool follow = false;
    std::string since;
    std::optional<std::uint64_t> session;
};

std::vector<std::string> journalctl_arguments(const LogOptions& options) {
    std::vector<std::string> arguments = {"journalctl", "--no-pager", "--output=json", "--quiet",
                                          "--lines=" + std::to_string(options.lines)};
    if (options.follow)
        arguments.emplace_back("--follow");
    if (!options.since.empty())
        arguments.push_back("--since=" + options.since);
    arguments.push_back(std::string("_SYSTEMD_UNIT=") + service_unit);
    if (options.session)
        arguments.push_back("DAEDALUS_SESSION=" + std::to_string(*options.session));
    return arguments;
}

/// The journal gives numbers as text, and what is not UTF-8 as lists of bytes.
std::string field(const json& entry, const char* name) {
    const auto found = entry.find(name);
    if (found == entry.end())
        return {};
    if (found->is_string())
        return util::printable(found->get<std::string>());
    if (!found->is_array())
        return {};
    std::string bytes;
    for (const auto& byte : *found)
        if (byte.is_number_integer())
            bytes += static_cast<char>(byte.get<int>());
    return util::printable(bytes);
}

std::string format_time(const std::string& realtime_us) {
    std::uint64_t us = 0;
    std::from_chars(realtime_us.data(), realtime_us.data() + realtime_us.size(), us);
    const auto when = static_cast<time_t>(us / 1'000'000);
    struct tm local {};
    std::array<char, 32> text{};
    if (localtime_r(&when, &local) == nullptr ||
        std::strftime(text.data(), text.size(), "%b %d %H:%M:%S", &local) == 0)
        return "-";
    return util::format("%s.%03u", text.data(), static_cast<unsigned>((us / 1000) % 1000));
}

void print_entry(const Invocation& invocation, const json& entry) {
    const Environment& environment = invocation.environment;
    if (invocation.json) {
        json out = document("log");
        for (const char* name :
             {"__REALTIME_TIMESTAMP", "PRIORITY", "MESSAGE", "MESSAGE_ID", "DAEDALUS_SESSION",
              "DAEDALUS_CODEC", "DAEDALUS_CLIENT_PID", "DAEDALUS_CLIENT_COMM", "_PID"}) {
            const std::string value = field(entry, name);
            out[name] = value.empty() ? json() : json(value);
        }
        environment.out << out.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
        return;
    }
    const std::string priority = field(entry, "PRIORITY");
    const Color color = priority.empty() || priority > "5" ? Color::none
                        : priority <= "3"                  ? Color::red
                                                           : Color::yellow;
    std::string whom;
    if (const std::string session = field(entry, "DAEDALUS_SESSION"); !session.empty())
        whom = "session " + session + " (" + field(entry, "DAEDALUS_CODEC") + ", " +
               field(entry, "DAEDALUS_CLIENT_COMM") + "[" + field(entry, "DAEDALUS_CLIENT_PID") + "]) ";
    environment.out << paint(environment, Color::dim, format_time(field(entry, "__REALTIME_TIMESTAMP")))
                    << "  " << whom << paint(environment, color, field(entry, "MESSAGE")) << std::endl;
}

/// Starts journalctl with its output in a pipe. Returns its process id, or the errno.
std::expected<pid_t, int> start_journalctl(const LogOptions& options, util::UniqueFd& output) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return std::unexpected(errno);
    output.reset(ends[0]);
    const util::UniqueFd input(ends[1]);
    const std::vector<std::string> arguments = journalctl_arguments(options);
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str())); // NOLINT: posix_spawn does not write to it
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
    pid_t pid = -1;
    const int error = posix_spawnp(&pid, "journalctl", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return std::unexpected(error);
    return pid;
}

int run(const Invocation& invocation, const LogOptions& options) {
    util::UniqueFd output;
    const auto pid = start_journalctl(options, output);
    if (!pid) {
        invocation.environment.err << "daedalusctl: cannot run journalctl: " << std::strerror(pid.error())
                                   << "; without systemd, daedalusd logs to its standard error\n";
        return exit_unknown;
    }
    std::string text;
    std::array<char, 16384> buffer{};
    for (ssize_t got = 0;
         (got = read(output.get(), buffer.data(), buffer.size())) > 0 || (got < 0 && errno == EINTR);) {
        text.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
            const json entry = json::parse(text.substr(0, end), nullptr, false);
            if (entry.is_object())
                print_entry(invocation, entry);
        }
    }
    int status = 0;
    while (waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? exit_healthy : exit_unknown;
}

} // namespace

void add_log(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("log", "What the daemon logged, with sessions and clients");
    command->footer("With --json, one object a line, named as in the journal.\n\n"
                    "Examples:\n"
                    "  daedalusctl log --follow\n"
                    "  daedalusctl log --session 3 --since '10 min ago'");
    auto options = std::make_shared<LogOptions>();
    command->add_option("-n,--lines", options->lines, "How many lines")->check(CLI::Range(0U, 1000000U));
    command->add_flag("-f,--follow", options->follow, "Go on with what comes");
    command->add_option("--since", options->since, "From this time on, as journalctl takes it");
    command->add_option("--session", options->session, "Only what concerns this session");
    command->callback([&invocation, options] {
        invocation.action = [&invocation, options] { return run(invocation, *options); };
    });
}

} // namespace daedalus::ctl
