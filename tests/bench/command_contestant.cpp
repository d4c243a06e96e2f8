// SPDX-License-Identifier: BSD-2-Clause
#include "bench/command_contestant.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace daedalus::bench {
namespace {

void replace(std::string& text, const std::string& what, const std::string& with) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
        text.replace(at, what.size(), with);
}

/// The number behind "NAME=" in the last line that has one.
double value_of(const std::string& output, const std::string& name) {
    const std::size_t at = output.rfind(name + '=');
    if (at == std::string::npos)
        throw std::runtime_error("no " + name + " in what the command printed:\n" + output);
    return std::strtod(output.c_str() + at + name.size() + 1, nullptr);
}

} // namespace

Run CommandContestant::run(unsigned rounds) {
    std::string command = command_ + " 2>&1";
    replace(command, "{rounds}", std::to_string(rounds));
    replace(command, "{loops}", std::to_string(rounds - 1));
    std::FILE* pipe = popen(command.c_str(), "re");
    if (pipe == nullptr)
        throw std::runtime_error("cannot run " + command);
    std::string output;
    std::array<char, 4096> piece{};
    while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), pipe))
        output.append(piece.data(), size);
    if (const int status = pclose(pipe); status != 0)
        throw std::runtime_error("failed: " + command + '\n' + output);
    return {.seconds = value_of(output, "rtime"),
            .processor_seconds = value_of(output, "utime") + value_of(output, "stime"),
            .picture_seconds = {},
            .peak_kib = static_cast<std::uint64_t>(value_of(output, "maxrss"))};
}

} // namespace daedalus::bench
