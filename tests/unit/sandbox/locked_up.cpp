// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/locked_up.h"

#include "util/unique_fd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <new>
#include <stdexcept>

namespace daedalus::test {
namespace {

void complain(const util::Error& error) {
    std::fprintf(stderr, "%s\n", error.message.c_str());
}

int run_here(const Script& script, sandbox::RefusedCallCell* cell) {
    if (script.before)
        script.before();
    if (auto given_up = sandbox::give_up_access(script.limits); !given_up) {
        complain(given_up.error());
        return not_locked_up;
    }
    if (script.between)
        script.between();
    if (!script.behind_the_door)
        return 0;
    if (auto closed =
            sandbox::close_door({.keep = script.keep, .gpu = script.gpu, .report = cell, .more_calls = {}});
        !closed) {
        complain(closed.error());
        return not_locked_up;
    }
    return script.behind_the_door();
}

/// noexcept: an exception must not get out into the test program, of which this is a copy.
[[noreturn]] void run_child(const Script& script, sandbox::RefusedCallCell* cell) noexcept {
    _exit(run_here(script, cell));
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 1024> buffer;
    for (ssize_t size = 0; (size = read(fd, buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(size));
    return text;
}

} // namespace

Ended run(const Script& script) {
    void* shared = mmap(nullptr, sizeof(sandbox::RefusedCallCell), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int ends[2];
    if (shared == MAP_FAILED || pipe2(ends, O_CLOEXEC) != 0)
        throw std::runtime_error("no memory or no pipe");
    auto* cell = new (shared) sandbox::RefusedCallCell(0);
    const util::UniqueFd read_end(ends[0]);
    util::UniqueFd write_end(ends[1]);
    const pid_t child = fork();
    if (child < 0)
        throw std::runtime_error("cannot fork");
    if (child == 0) {
        dup2(write_end.get(), STDERR_FILENO);
        run_child(script, cell);
    }
    write_end.reset();
    Ended ended;
    ended.stderr_text = read_all(read_end.get());
    int status = 0;
    waitpid(child, &status, 0);
    ended.by_signal = WIFSIGNALED(status);
    ended.value = ended.by_signal ? WTERMSIG(status) : WEXITSTATUS(status);
    ended.refused_call = sandbox::refused_call(*cell);
    munmap(shared, sizeof(*cell));
    return ended;
}

std::string describe(const Ended& ended) {
    return (ended.by_signal ? "killed by signal " : "exited with status ") + std::to_string(ended.value) +
           (ended.refused_call ? ", refused " + sandbox::call_name(*ended.refused_call) : "") +
           (ended.stderr_text.empty() ? "" : ", said: " + ended.stderr_text);
}

} // namespace daedalus::test
