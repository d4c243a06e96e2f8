// SPDX-License-Identifier: BSD-2-Clause
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>
#include <sstream>

namespace daedalus::test {
namespace {

constexpr char release[] = "6.12.25+rpt-rpi-2712";
constexpr char newer_release[] = "6.12.34+rpt-rpi-2712";

/// A kernel's configuration with what DKMS wants of it and nothing else.
std::string sufficient_config() {
    std::ifstream file(DKMS_CONF);
    const std::string start = "BUILD_EXCLUSIVE_CONFIG=\"";
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(start)) {
            std::istringstream options(line.substr(start.size(), line.find_last_of('"') - start.size()));
            std::string config;
            for (std::string option; options >> option;)
                config += option + "=m\n";
            return config;
        }
    ADD_FAILURE() << "dkms.conf names no options";
    return "";
}

} // namespace

FakeWorld::FakeWorld(const WorldOptions& options)
    : root_(std::filesystem::path(testing::TempDir()) / ("daedalus-world-" + std::to_string(getpid()))) {
    std::filesystem::remove_all(root_);
    const std::string device = "/sys/devices/platform/daedalus_v4l2/";
    if (options.module_loaded) {
        write(device + "version", "0.1.0\n");
        write(device + "proto_version", std::to_string(options.module_proto) + "\n");
        write(device + "daemon_attached", options.daemon_attached ? "1\n" : "0\n");
        write(device + "daemon_version", options.daemon_attached ? "0.1.0\n" : "\n");
        write(device + "sessions", "2\n");
        write(device + "sessions_waiting", options.daemon_attached ? "0\n" : "2\n");
        write(device + "jobs_in_flight", "3\n");
        write(device + "counters/jobs_dispatched", "1234\n");
        write(device + "counters/jobs_completed", "1230\n");
        write(device + "counters/jobs_failed", "1\n");
        write(device + "counters/error_bad_stream", "1\n");
        write(device + "counters/workers_died", "0\n");
        write(device + "stateful_device", "video10\n");
        write(device + "video4linux/video10/name", "daedalus_v4l2-stateful\n");
        write(device + "video4linux/video11/name", "daedalus_v4l2\n");
        write(device + "media3/uevent", "\n");
        for (const char* node : {"/dev/video10", "/dev/video11", "/dev/media3", "/dev/daedalus-v4l2",
                                 "/dev/video-dec0", "/dev/video-stateful-dec0", "/dev/media-dec0"})
            write(node, "");
    }
    const std::string modules = std::string("/lib/modules/") + release;
    write(modules + "/modules.builtin", "");
    if (options.headers)
        write(modules + "/build/Makefile", "");
    if (options.module_built)
        write(modules + "/updates/dkms/daedalus_v4l2.ko.xz", "");
    if (options.newer_kernel)
        write(std::string("/lib/modules/") + newer_release + "/modules.builtin", "");
    // Of another flavour, and newer: not what boots next.
    write("/lib/modules/6.18.1+rpt-rpi-v8/modules.builtin", "");
    // What DKMS left of a kernel that is not installed any more.
    write("/lib/modules/6.19.0+rpt-rpi-2712/updates/dkms/daedalus_v4l2.ko.xz", "");
    write("/var/lib/dkms/daedalus-v4l2/0.1.0/source/dkms.conf", "");
    write(std::string("/boot/config-") + release, sufficient_config());
    write("/usr/lib/systemd/system/daedalusd.service", "");
    if (options.service_runs)
        write("/sys/fs/cgroup/system.slice/daedalusd.service/cgroup.procs", "812\n");
    write("/usr/lib/aarch64-linux-gnu/gstreamer-1.0/libgstv4l2codecs.so", "");
}

FakeWorld::~FakeWorld() {
    std::filesystem::remove_all(root_);
}

void FakeWorld::write(const std::string& path, const std::string& text) const {
    const auto full = root_ / path.substr(1);
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
}

void FakeWorld::remove(const std::string& path) const {
    std::filesystem::remove_all(root_ / path.substr(1));
}

Outcome run_ctl(const std::filesystem::path& root, const std::string& socket,
                std::vector<std::string> arguments, const std::string& input, bool in_is_terminal) {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    ctl::Environment environment{.in = in,
                                 .out = out,
                                 .err = err,
                                 .root = root,
                                 .socket = socket,
                                 .kernel_release = release,
                                 .machine = "aarch64",
                                 .out_is_terminal = false,
                                 .in_is_terminal = in_is_terminal,
                                 .color = false,
                                 .width = 80};
    const int status = ctl::run(environment, std::move(arguments));
    return {.status = status, .out = out.str(), .err = err.str()};
}

} // namespace daedalus::test
