// SPDX-License-Identifier: BSD-2-Clause
#include "statistics/module_sysfs.h"

#include "util/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string_view>
#include <system_error>

namespace daedalus::statistics {
namespace {

constexpr std::size_t counters_limit = 256;

/// The first line of a file; sysfs attributes are shorter than the limit here.
std::optional<std::string> read_line(const std::filesystem::path& path) {
    const util::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd)
        return std::nullopt;
    std::array<char, 256> buffer{};
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got < 0)
        return std::nullopt;
    std::string_view line(buffer.data(), static_cast<std::size_t>(got));
    line = line.substr(0, line.find('\n'));
    return std::string(line);
}

std::optional<std::uint64_t> read_number(const std::filesystem::path& path) {
    const auto line = read_line(path);
    if (!line)
        return std::nullopt;
    std::uint64_t number = 0;
    const char* const end = line->data() + line->size();
    const auto parsed = std::from_chars(line->data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end)
        return std::nullopt;
    return number;
}

std::optional<std::string> read_text(const std::filesystem::path& path) {
    auto line = read_line(path);
    return line && !line->empty() ? line : std::nullopt;
}

std::map<std::string, std::uint64_t> read_counters(const std::filesystem::path& directory) {
    std::map<std::string, std::uint64_t> counters;
    std::error_code error;
    std::filesystem::directory_iterator entry(directory, error);
    for (; !error && entry != std::filesystem::directory_iterator() && counters.size() < counters_limit;
         entry.increment(error))
        if (const auto value = read_number(entry->path()))
            counters.emplace(entry->path().filename().string(), *value);
    return counters;
}

} // namespace

ModuleState read_module(const std::filesystem::path& sysfs) {
    const auto module = sysfs / "module/daedalus_v4l2";
    const auto device = sysfs / "devices/platform/daedalus_v4l2";
    std::error_code error;
    ModuleState state;
    state.loaded = std::filesystem::exists(device, error) || std::filesystem::exists(module, error);
    state.version = read_text(device / "version");
    if (!state.version)
        state.version = read_text(module / "version");
    state.proto_version = read_number(device / "proto_version");
    if (const auto attached = read_number(device / "daemon_attached"))
        state.daemon_attached = *attached != 0;
    state.daemon_version = read_text(device / "daemon_version");
    state.video_device = read_text(device / "video_device");
    state.clients = read_number(device / "clients");
    state.sessions = read_number(device / "sessions");
    state.sessions_waiting = read_number(device / "sessions_waiting");
    state.jobs_in_flight = read_number(device / "jobs_in_flight");
    state.job_timeout_ms = read_number(device / "job_timeout_ms");
    state.counters = read_counters(device / "counters");
    return state;
}

} // namespace daedalus::statistics
