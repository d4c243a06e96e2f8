// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/check.h"

#include <array>
#include <fstream>
#include <optional>
#include <set>

namespace daedalus::ctl {
namespace {

/// What the module cannot be built or loaded without: BUILD_EXCLUSIVE_CONFIG of dkms.conf. No more than that:
/// kernels drop options that only choose others, as 6.12 has none for the request API any more.
constexpr std::array required_options = {
    "CONFIG_MEDIA_CONTROLLER",  "CONFIG_VIDEO_DEV",        "CONFIG_V4L2_MEM2MEM_DEV",
    "CONFIG_VIDEOBUF2_VMALLOC", "CONFIG_VIDEOBUF2_DMA_SG",
};

/// Options that are y or m, from the kernel's configuration where that is installed.
std::optional<std::set<std::string>> enabled_options(const Environment& environment) {
    const std::string& release = environment.kernel_release;
    for (const std::string& path : {"/boot/config-" + release, "/lib/modules/" + release + "/config",
                                    "/lib/modules/" + release + "/build/.config"}) {
        std::ifstream file(environment.at(path));
        if (!file)
            continue;
        std::set<std::string> options;
        for (std::string line; std::getline(file, line);)
            if (const auto equals = line.find('=');
                line.starts_with("CONFIG_") && equals != std::string::npos &&
                (line.substr(equals) == "=y" || line.substr(equals) == "=m"))
                options.insert(line.substr(0, equals));
        return options;
    }
    return std::nullopt;
}

Check check_options(const Environment& environment) {
    Check check{.id = "kernel_config", .title = "kernel options", .detail = {}, .fix = {}};
    const auto options = enabled_options(environment);
    if (!options) {
        check.result = CheckResult::skip;
        check.detail = "the configuration of " + environment.kernel_release + " is not installed";
        return check;
    }
    std::string missing;
    for (const char* option : required_options)
        if (!options->contains(option))
            missing += (missing.empty() ? "" : ", ") + std::string(option);
    check.detail = environment.kernel_release;
    if (!missing.empty()) {
        check.result = CheckResult::fail;
        check.detail += " lacks " + missing;
        check.fix = "use a kernel of the distribution, or enable these options";
    }
    return check;
}

Check check_headers(const Kernel& kernel) {
    Check check{.id = kernel.running ? "headers_running" : "headers_newest",
                .title = kernel.running ? "headers of the running kernel" : "headers of the next kernel",
                .detail = kernel.release,
                .fix = {}};
    if (kernel.headers)
        return check;
    // A module that is there already needs them no more.
    check.result = kernel.module_built ? CheckResult::warn : CheckResult::fail;
    check.detail += ": not installed";
    check.fix = "sudo apt install " + kernel.headers_package;
    return check;
}

Check check_built(const Kernel& kernel) {
    Check check{.id = kernel.running ? "module_built_running" : "module_built_newest",
                .title = kernel.running ? "module built for the running kernel"
                                        : "module built for the next kernel",
                .detail = kernel.release,
                .fix = {}};
    if (kernel.module_built)
        return check;
    check.result = CheckResult::fail;
    check.detail += ": not built";
    check.fix = kernel_remedy(kernel);
    return check;
}

} // namespace

void check_kernel(const Environment& environment, const World& world, std::vector<Check>& checks) {
    checks.push_back(check_options(environment));
    for (const Kernel& kernel : world.kernels)
        checks.push_back(check_headers(kernel));
    Check dkms{.id = "dkms", .title = "DKMS", .detail = {}, .fix = {}};
    for (const std::string& version : dkms_versions(environment))
        dkms.detail += (dkms.detail.empty() ? "" : ", ") + version;
    if (dkms.detail.empty()) {
        dkms.result = world.module.loaded ? CheckResult::warn : CheckResult::fail;
        dkms.detail = "does not know daedalus-v4l2";
        dkms.fix = "sudo apt install --reinstall daedalus-v4l2-dkms";
    }
    checks.push_back(dkms);
    for (const Kernel& kernel : world.kernels)
        checks.push_back(check_built(kernel));
}

} // namespace daedalus::ctl
