// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl watch: a live view, as top has for processes.
#include "commands/command.h"

#include "model/fields.h"
#include "watch/terminal.h"
#include "watch/view.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <ostream>

namespace daedalus::ctl {
namespace {

using nlohmann::json;
using Clock = VarlinkClient::Clock;

struct WatchOptions {
    double interval_s = 1;
    std::uint64_t count = 0; ///< updates; 0: without end
    std::string sort = "id";
};

/// Waits for the daemon or for a key. Returns the key, 0 when the daemon spoke, -1 at the deadline.
int wait_for_key_or_update(int daemon, Clock::time_point deadline) {
    std::array<struct pollfd, 2> sources = {{{.fd = daemon, .events = POLLIN, .revents = 0},
                                             {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 || poll(sources.data(), sources.size(), static_cast<int>(left.count())) <= 0)
        return -1;
    char key = 0;
    if (sources[1].revents != 0 && read(STDIN_FILENO, &key, 1) == 1)
        return static_cast<unsigned char>(key);
    return 0;
}

class Watch {
  public:
    Watch(const Invocation& invocation, const WatchOptions& options)
        : invocation_(invocation), options_(options), environment_(invocation.environment),
          interval_(std::chrono::milliseconds(static_cast<std::int64_t>(options.interval_s * 1000))) {
        view_.sort_by(options.sort);
    }

    int run() {
        Daemon daemon(environment_);
        auto client = daemon.stream("Monitor", {{"interval_ms", interval_.count()}});
        if (!client)
            return report_failure(invocation_, "watch", client.error());
        // The first update decides whether there is anything to watch.
        if (auto failed = take_update(*client, Clock::now() + environment_.timeout))
            return report_failure(invocation_, "watch", *failed);
        const bool live = environment_.out_is_terminal && environment_.in_is_terminal && !invocation_.json;
        const auto failed = live ? run_live(*client) : run_plain(*client);
        return failed ? report_failure(invocation_, "watch", *failed) : static_cast<int>(exit_healthy);
    }

  private:
    std::optional<CallFailure> take_update(VarlinkClient& client, Clock::time_point deadline) {
        auto reply = client.receive(deadline);
        if (!reply)
            return reply.error();
        view_.update(*reply, Clock::now());
        ++updates_;
        return std::nullopt;
    }

    [[nodiscard]] bool finished() const { return options_.count != 0 && updates_ >= options_.count; }

    std::optional<CallFailure> run_plain(VarlinkClient& client) {
        for (;;) {
            if (invocation_.json) {
                json out = document("watch");
                out["daemon"] = encode_reachability(std::nullopt);
                out.update(view_.last());
                environment_.out << out.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
            } else {
                environment_.out << view_.lines() << std::flush;
            }
            if (finished())
                return std::nullopt;
            if (auto failed = take_update(client, Clock::now() + interval_ + environment_.timeout))
                return failed;
        }
    }

    std::optional<CallFailure> run_live(VarlinkClient& client) {
        const Terminal terminal;
        auto deadline = Clock::now() + interval_ + environment_.timeout;
        for (;;) {
            Environment shown = environment_;
            shown.width = Terminal::width();
            Terminal::show(view_.screen(shown, Terminal::height() - 1));
            if (finished())
                return std::nullopt;
            const int key = wait_for_key_or_update(client.fd(), deadline);
            if (key == 'q' || key == 'Q')
                return std::nullopt;
            if (key == 's')
                view_.next_sort();
            else if (key == 'r')
                view_.reverse();
            else if (key <= 0) {
                if (auto failed = take_update(client, deadline))
                    return failed;
                deadline = Clock::now() + interval_ + environment_.timeout;
            }
        }
    }

    const Invocation& invocation_;
    WatchOptions options_;
    const Environment& environment_;
    std::chrono::milliseconds interval_;
    WatchView view_;
    std::uint64_t updates_ = 0;
};

} // namespace

void add_watch(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("watch", "A live view of the sessions")->alias("top");
    command->footer(
        "Keys: q quits, s sorts by the next column, r reverses. Without a terminal, a line a session "
        "and update;\nwith --json, an object a line.\n\n"
        "Examples:\n"
        "  daedalusctl watch --sort fps\n"
        "  daedalusctl watch --count 10 --interval 0.5 | tee log");
    auto options = std::make_shared<WatchOptions>();
    command->add_option("--interval", options->interval_s, "Seconds between updates")
        ->check(CLI::Range(0.1, 60.0));
    command->add_option("--count", options->count, "Stop after so many updates");
    command->add_option("--sort", options->sort, "What to sort by")
        ->check(CLI::IsMember(std::vector<std::string>(sort_keys.begin(), sort_keys.end())));
    command->callback([&invocation, options] {
        invocation.action = [&invocation, options] { return Watch(invocation, *options).run(); };
    });
}

} // namespace daedalus::ctl
