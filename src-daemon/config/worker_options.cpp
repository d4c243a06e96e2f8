// SPDX-License-Identifier: BSD-2-Clause
#include "config/worker_options.h"

#include "config/number.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace daedalus::config {

namespace {

struct Option {
    std::string_view name;
    std::uint64_t low;
    std::uint64_t high;
    std::uint64_t (*get)(const WorkerOptions&);
    void (*set)(WorkerOptions&, std::uint64_t);
};

// One line an option: both directions use it, so that neither can be forgotten.
constexpr std::array<Option, 7> options = {{
    {"threads", 0, 64, [](const WorkerOptions& o) -> std::uint64_t { return o.threads; },
     [](WorkerOptions& o, std::uint64_t v) { o.threads = static_cast<std::uint32_t>(v); }},
    {"max-width", 16, 65536, [](const WorkerOptions& o) -> std::uint64_t { return o.max_width; },
     [](WorkerOptions& o, std::uint64_t v) { o.max_width = static_cast<std::uint32_t>(v); }},
    {"max-height", 16, 65536, [](const WorkerOptions& o) -> std::uint64_t { return o.max_height; },
     [](WorkerOptions& o, std::uint64_t v) { o.max_height = static_cast<std::uint32_t>(v); }},
    {"max-bitstream-bytes", 4096, 1U << 30,
     [](const WorkerOptions& o) -> std::uint64_t { return o.max_bitstream_bytes; },
     [](WorkerOptions& o, std::uint64_t v) { o.max_bitstream_bytes = static_cast<std::uint32_t>(v); }},
    {"memory-bytes", 0, std::numeric_limits<std::uint64_t>::max(),
     [](const WorkerOptions& o) { return o.memory_bytes; },
     [](WorkerOptions& o, std::uint64_t v) { o.memory_bytes = v; }},
    {"log-level", 3, 7, [](const WorkerOptions& o) -> std::uint64_t { return o.log_level; },
     [](WorkerOptions& o, std::uint64_t v) { o.log_level = static_cast<std::uint32_t>(v); }},
    {"gpu", 0, 2, [](const WorkerOptions& o) -> std::uint64_t { return static_cast<unsigned>(o.gpu_mode); },
     [](WorkerOptions& o, std::uint64_t v) { o.gpu_mode = static_cast<GpuMode>(v); }},
}};

// The one option that is no number.
constexpr std::string_view gpu_device = "--gpu-device=";

util::Result<void> parse_one(const std::string& argument, WorkerOptions& result) {
    if (argument.starts_with(gpu_device)) {
        result.gpu_device = argument.substr(gpu_device.size());
        if (result.gpu_device.size() > max_gpu_name)
            return util::fail(EINVAL, "the name of the GPU is too long");
        return {};
    }
    for (const Option& option : options) {
        const std::string prefix = "--" + std::string(option.name) + "=";
        if (!argument.starts_with(prefix))
            continue;
        auto value = parse_number(std::string_view(argument).substr(prefix.size()), option.low, option.high);
        if (!value)
            return util::fail(EINVAL, "'" + argument + "': a number from " + std::to_string(option.low) +
                                          " to " + std::to_string(option.high) + " is wanted");
        option.set(result, *value);
        return {};
    }
    return util::fail(EINVAL, "unknown argument '" + argument + "'");
}

} // namespace

std::vector<std::string> to_arguments(const WorkerOptions& worker) {
    std::vector<std::string> arguments;
    arguments.reserve(options.size() + 1);
    for (const Option& option : options)
        arguments.push_back("--" + std::string(option.name) + "=" + std::to_string(option.get(worker)));
    if (!worker.gpu_device.empty())
        arguments.push_back(std::string(gpu_device) + worker.gpu_device);
    return arguments;
}

util::Result<WorkerOptions> parse_arguments(const std::vector<std::string>& arguments) {
    WorkerOptions result;
    for (const std::string& argument : arguments)
        if (auto parsed = parse_one(argument, result); !parsed)
            return std::unexpected(parsed.error());
    return result;
}

} // namespace daedalus::config
