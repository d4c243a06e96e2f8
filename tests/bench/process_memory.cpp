// SPDX-License-Identifier: BSD-2-Clause
#include "bench/process_memory.h"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace daedalus::bench {
namespace {

std::ifstream open_of(pid_t process, const char* file) {
    const std::string path = "/proc/" + std::to_string(process) + '/' + file;
    std::ifstream stream(path);
    if (!stream)
        throw std::runtime_error("cannot read " + path);
    return stream;
}

/// The number in "Name:   1234 kB".
std::uint64_t value_of(const std::string& line) {
    return std::stoull(line.substr(line.find(':') + 1));
}

} // namespace

std::uint64_t peak_memory_kib(pid_t process) {
    std::ifstream status = open_of(process, "status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:"))
            return value_of(line);
    throw std::runtime_error("the kernel does not tell the memory of process " + std::to_string(process));
}

std::uint64_t resident_kib(pid_t process, std::string_view name) {
    std::ifstream maps = open_of(process, "smaps");
    std::uint64_t sum = 0;
    bool counted = false;
    for (std::string line; std::getline(maps, line);) {
        std::istringstream fields(line);
        std::string range, permissions, offset, device, inode, file;
        fields >> range;
        if (!range.ends_with(':')) { // the head of a mapping
            fields >> permissions >> offset >> device >> inode >> file;
            counted = file.starts_with(name);
        } else if (counted && range == "Rss:") {
            sum += value_of(line);
        }
    }
    return sum;
}

} // namespace daedalus::bench
