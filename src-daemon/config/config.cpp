// SPDX-License-Identifier: BSD-2-Clause
#include "config/config.h"

#include "config/number.h"
#include "daedalus/build_paths.h"

#include <ini.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace daedalus::config {

namespace {

/// Stores a value; returns what is wanted instead where it won't do, else an empty string.
using Setter = std::function<std::string(Config&, const std::string&)>;

template <typename Member>
Setter number(Member member, std::uint64_t low, std::uint64_t high, std::uint64_t unit = 1) {
    return [=](Config& config, const std::string& text) -> std::string {
        auto value = parse_number(text, low, high);
        if (!value)
            return "a number from " + std::to_string(low) + " to " + std::to_string(high);
        auto& target = std::invoke(member, config);
        target = static_cast<std::remove_reference_t<decltype(target)>>(*value * unit);
        return {};
    };
}

Setter path(std::string Config::*member) {
    return [=](Config& config, const std::string& text) -> std::string {
        if (!text.starts_with('/'))
            return "an absolute path";
        config.*member = text;
        return {};
    };
}

std::string set_log_level(Config& config, const std::string& text) {
    static const std::map<std::string, util::LogLevel> levels = {
        {"error", util::LogLevel::error},   {"warning", util::LogLevel::warning},
        {"notice", util::LogLevel::notice}, {"info", util::LogLevel::info},
        {"debug", util::LogLevel::debug},
    };
    auto level = levels.find(text);
    if (level == levels.end())
        return "one of error, warning, notice, info, debug";
    config.log_level = level->second;
    config.worker_options.log_level = static_cast<std::uint32_t>(level->second);
    return {};
}

std::string set_gpu_mode(Config& config, const std::string& text) {
    static const std::map<std::string, GpuMode> modes = {
        {"off", GpuMode::off}, {"auto", GpuMode::automatic}, {"on", GpuMode::on}};
    auto mode = modes.find(text);
    if (mode == modes.end())
        return "one of off, auto, on";
    config.worker_options.gpu_mode = mode->second;
    return {};
}

std::string set_gpu_device(Config& config, const std::string& text) {
    if (text.size() > max_gpu_name)
        return "a name of at most " + std::to_string(max_gpu_name) + " bytes";
    config.worker_options.gpu_device = text;
    return {};
}

template <typename T>
auto of_worker(T WorkerOptions::*member) {
    return [=](Config& config) -> T& { return config.worker_options.*member; };
}

using Key = std::pair<std::string, std::string>; // section, name

const std::map<Key, Setter>& setters() {
    static const std::map<Key, Setter> table = {
        {{"Daemon", "Device"}, path(&Config::device)},
        {{"Daemon", "ControlSocket"}, path(&Config::control_socket)},
        {{"Daemon", "Worker"}, path(&Config::worker)},
        {{"Daemon", "LogLevel"}, set_log_level},
        {{"Sessions", "MaxSessions"}, number(&Config::max_sessions, 1, 1024)},
        {{"Sessions", "JobTimeoutMs"}, number(&Config::job_timeout_ms, 50, 60000)},
        {{"Sessions", "FrameDeadlineMs"}, number(&Config::frame_deadline_ms, 50, 60000)},
        {{"Sessions", "WorkerDeaths"}, number(&Config::worker_deaths, 1, 1000)},
        {{"Sessions", "WorkerDeathWindowSec"}, number(&Config::worker_death_window_s, 1, 3600)},
        {{"Sessions", "JournalKiB"}, number(&Config::journal_bytes, 0, 262144, 1024)},
        {{"Worker", "Threads"}, number(of_worker(&WorkerOptions::threads), 0, 64)},
        {{"Worker", "MaxWidth"}, number(of_worker(&WorkerOptions::max_width), 16, 8192)},
        {{"Worker", "MaxHeight"}, number(of_worker(&WorkerOptions::max_height), 16, 8192)},
        {{"Worker", "MaxBitstreamKiB"},
         number(of_worker(&WorkerOptions::max_bitstream_bytes), 64, 131072, 1024)},
        {{"Worker", "MemoryMiB"}, number(of_worker(&WorkerOptions::memory_bytes), 0, 65536, 1U << 20)},
        {{"Gpu", "Mode"}, set_gpu_mode},
        {{"Gpu", "Device"}, set_gpu_device},
    };
    return table;
}

bool is_section(const std::string& name) {
    return std::ranges::any_of(setters(), [&](const auto& entry) { return entry.first.first == name; });
}

struct Parse {
    const std::string& path;
    Loaded loaded;
    int line = 0;
    std::string error;

    [[nodiscard]] std::string where() const { return path + ":" + std::to_string(line) + ": "; }
};

// inih calls this for each assignment, after the reader below has counted the line. 0 stops it.
int on_assignment(void* user, const char* section, const char* name, const char* value) {
    auto& parse = *static_cast<Parse*>(user);
    auto setter = setters().find(Key(section, name));
    if (setter == setters().end()) {
        const std::string printed = util::printable(is_section(section) ? name : section);
        parse.loaded.warnings.push_back(parse.where() +
                                        (is_section(section) ? "unknown key '" : "unknown section '") +
                                        printed + "', ignored");
        return 1;
    }
    const std::string wanted = setter->second(parse.loaded.config, value);
    if (wanted.empty())
        return 1;
    parse.error = parse.where() + name + "=" + util::printable(value) + ": " + wanted + " is wanted";
    return 0;
}

struct LineReader {
    std::FILE* file;
    Parse* parse;
};

char* read_line(char* buffer, int size, void* stream) {
    auto& reader = *static_cast<LineReader*>(stream);
    reader.parse->line++;
    return std::fgets(buffer, size, reader.file);
}

} // namespace

Config::Config() : control_socket(default_control_socket), worker(default_worker_path) {}

util::Result<Loaded> load(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
    if (!file) {
        if (errno == ENOENT)
            return Loaded{};
        return util::fail_errno("can't read the configuration " + path);
    }
    Parse parse{path, {}, 0, {}};
    LineReader reader{file.get(), &parse};
    const int line = ini_parse_stream(read_line, &reader, on_assignment, &parse);
    if (!parse.error.empty())
        return util::fail(EINVAL, parse.error);
    if (std::ferror(file.get()) != 0)
        return util::fail_errno("can't read the configuration " + path, EIO);
    if (line != 0)
        return util::fail(EINVAL, path + ":" + std::to_string(line) + ": neither [Section] nor Key=value");
    return std::move(parse.loaded);
}

} // namespace daedalus::config
