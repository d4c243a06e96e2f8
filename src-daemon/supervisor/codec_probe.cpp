// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/codec_probe.h"

#include "bridge/codec_names.h"
#include "supervisor/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <sstream>

namespace daedalus::supervisor {

namespace {

constexpr std::size_t max_output = 16384;

util::Result<std::string> read_until(int fd, std::chrono::steady_clock::time_point deadline) {
    std::string output;
    std::array<char, 1024> buffer;
    while (output.size() < max_output) {
        auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline -
                                                                          std::chrono::steady_clock::now());
        pollfd poll_fd = {fd, POLLIN, 0};
        const int ready = left.count() > 0 ? poll(&poll_fd, 1, static_cast<int>(left.count())) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return util::fail(ETIMEDOUT, "the worker takes too long to say what it can decode");
        const ssize_t n = read(fd, buffer.data(), buffer.size());
        if (n < 0)
            return util::fail_errno("can't read from the worker");
        if (n == 0)
            return output;
        output.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return util::fail(EMSGSIZE, "the worker says too much about what it can decode");
}

} // namespace

CodecProbe parse_probe(std::string_view output) {
    CodecProbe probe;
    std::istringstream lines{std::string(output)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string kind;
        std::string name;
        std::string version;
        words >> kind >> name >> version;
        if (kind == "library" && !name.empty())
            probe.libraries.push_back({name, version});
        else if (auto codec = bridge::codec_from_keyword(name); kind == "codec" && codec)
            probe.codecs |= std::uint64_t(1) << *codec;
    }
    return probe;
}

util::Result<std::string> ask_worker(const std::string& worker, int timeout_ms) {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return util::fail_errno("can't make a pipe");
    const util::UniqueFd read_end(fds[0]);
    util::UniqueFd write_end(fds[1]);

    auto child = ChildProcess::start(worker, {"--probe"}, {{write_end.get(), STDOUT_FILENO}});
    if (!child)
        return std::unexpected(child.error());
    write_end.reset();
    auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    auto output = read_until(read_end.get(), deadline);
    if (!output) // the child's owner kills it
        return std::unexpected(output.error());
    const ExitStatus status = child->reap();
    if (!status.success())
        return util::fail(EIO, worker + " --probe " + status.describe());
    return output;
}

util::Result<CodecProbe> probe_codecs(const std::string& worker, int timeout_ms) {
    auto said = ask_worker(worker, timeout_ms);
    if (!said)
        return std::unexpected(said.error());
    return parse_probe(*said);
}

} // namespace daedalus::supervisor
