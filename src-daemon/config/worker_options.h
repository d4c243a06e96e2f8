// SPDX-License-Identifier: BSD-2-Clause
// What a worker is told on its command line, written by the supervisor and read by the worker.
#pragma once

#include "util/error.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace daedalus::config {

/// Whether the GPU writes pictures.
enum class GpuMode : std::uint8_t {
    off = 0,
    automatic = 1, ///< where that spares the CPU work and takes no longer
    on = 2,
};

/// The longest name of a GPU that can be asked for.
inline constexpr std::size_t max_gpu_name = 255;

/// The limits of one session, and its choices.
struct WorkerOptions {
    std::uint32_t threads = 0;                     ///< that decode; 0: one for each CPU, four at most
    std::uint32_t max_width = 8192;                ///< luma samples
    std::uint32_t max_height = 8192;               ///< luma lines
    std::uint32_t max_bitstream_bytes = 64U << 20; ///< of one request
    std::uint64_t memory_bytes = std::uint64_t(2048) << 20; ///< of address space for data; 0: no limit
    std::uint32_t log_level = 6;                            ///< util::LogLevel
    GpuMode gpu_mode = GpuMode::off;
    std::string gpu_device; ///< a part of its name, or its UUID; empty: any that is no software
};

/// File descriptors that a worker inherits.
inline constexpr int worker_socket_fd = 3; ///< the session's fd comes over it, with one byte
inline constexpr int worker_statistics_fd = 4;
inline constexpr int worker_program_fd = 5; ///< what it was executed from, of no use to it

/// The options as command-line arguments ("--threads=4" and so on).
[[nodiscard]] std::vector<std::string> to_arguments(const WorkerOptions& worker);

/// Reads the arguments behind the program's name. EINVAL: one that is unknown, malformed or out of range.
util::Result<WorkerOptions> parse_arguments(const std::vector<std::string>& arguments);

} // namespace daedalus::config
