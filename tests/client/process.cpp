// SPDX-License-Identifier: BSD-2-Clause
#include "process.h"

#include "failure.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace daedalus::client {

namespace {

constexpr auto sample_interval = std::chrono::milliseconds(50);

/** The state letter of a thread, behind the last parenthesis of its stat file; 0 when it is gone. */
char state_of(const std::filesystem::path& directory) {
    std::ifstream file(directory / "stat");
    std::string line;
    if (!std::getline(file, line))
        return 0;
    const size_t name_end = line.rfind(')');
    return name_end != std::string::npos && name_end + 2 < line.size() ? line[name_end + 2] : '\0';
}

} // namespace

std::vector<pid_t> processes_named(const std::string& name) {
    std::vector<pid_t> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        const std::string pid = entry.path().filename();
        if (pid.find_first_not_of("0123456789") != std::string::npos)
            continue;
        std::ifstream file(entry.path() / "comm");
        std::string comm;
        if (std::getline(file, comm) && comm == name.substr(0, 15))
            found.push_back(static_cast<pid_t>(std::stol(pid)));
    }
    return found;
}

pid_t start_child(const std::function<int()>& work) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    expect(child >= 0, "fork");
    if (child == 0)
        ::_exit(work());
    return child;
}

pid_t start_child(const std::string& who, const std::function<void()>& work) {
    return start_child([&] {
        try {
            work();
            return 0;
        } catch (const std::exception& failure) {
            std::printf("%s: %s\n", who.c_str(), failure.what());
            std::fflush(stdout);
            return 1;
        }
    });
}

pid_t start_program(const std::vector<std::string>& command, const std::string& log) {
    return start_child([&] {
        const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (output >= 0) {
            ::dup2(output, STDOUT_FILENO);
            ::dup2(output, STDERR_FILENO);
        }
        std::vector<char*> arguments;
        for (const std::string& word : command)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        ::execv(arguments[0], arguments.data());
        return 127;
    });
}

bool wait_for_end(pid_t child, std::chrono::milliseconds limit, int* status) {
    const auto end = std::chrono::steady_clock::now() + limit;
    int value = 0;
    while (true) {
        const pid_t result = ::waitpid(child, &value, WNOHANG);
        if (result == child || (result < 0 && errno == ECHILD)) {
            if (status != nullptr)
                *status = value;
            return true;
        }
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

SleepMonitor::SleepMonitor() : thread_([this] { run(); }) {}

SleepMonitor::~SleepMonitor() {
    stop_ = true;
    thread_.join();
}

void SleepMonitor::watch(std::vector<pid_t> processes) {
    const std::lock_guard lock(mutex_);
    processes_ = std::move(processes);
}

void SleepMonitor::run() {
    using Clock = std::chrono::steady_clock;
    std::map<std::string, Clock::time_point> asleep_since;
    while (!stop_) {
        std::vector<pid_t> processes;
        {
            const std::lock_guard lock(mutex_);
            processes = processes_;
        }
        std::map<std::string, Clock::time_point> asleep_now;
        for (const pid_t process : processes) {
            const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
            std::error_code error;
            for (std::filesystem::directory_iterator task(tasks, error), end; !error && task != end;
                 task.increment(error)) {
                if (state_of(task->path()) != 'D')
                    continue;
                const std::string key = task->path();
                const auto before = asleep_since.find(key);
                asleep_now[key] = before != asleep_since.end() ? before->second : Clock::now();
                const std::chrono::duration<double, std::milli> time = Clock::now() - asleep_now[key];
                if (time.count() > longest_ms_)
                    longest_ms_ = time.count();
            }
        }
        asleep_since = std::move(asleep_now);
        std::this_thread::sleep_for(sample_interval);
    }
}

} // namespace daedalus::client
