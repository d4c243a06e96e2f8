// SPDX-License-Identifier: BSD-2-Clause
#include "model/kernels.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace daedalus::ctl {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// Whether `path` exists; absolute symbolic links are taken below the root.
bool exists_below(const Environment& environment, const fs::path& path) {
    std::error_code error;
    if (fs::is_symlink(path, error)) {
        const fs::path target = fs::read_symlink(path, error);
        if (!error && target.is_absolute())
            return fs::exists(environment.at(target), error);
    }
    return fs::exists(path, error);
}

bool has_module(const fs::path& directory) {
    static constexpr std::array places = {"updates/dkms", "updates", "extra",
                                          "kernel/drivers/media/platform"};
    static constexpr std::array endings = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
    std::error_code error;
    for (const char* place : places)
        for (const char* ending : endings)
            if (fs::exists(directory / place / (std::string(module_name) + ending), error))
                return true;
    return false;
}

/// Whether a machine that runs the one flavour may start the other next. The firmware of a Raspberry Pi
/// chooses by the machine among those of Raspberry Pi OS; other boot loaders start what is newest.
bool may_follow(const std::string& running, const std::string& other) {
    constexpr const char* of_raspberry_pi_os = "rpi-";
    return running.starts_with(of_raspberry_pi_os) ? running == other
                                                   : !other.starts_with(of_raspberry_pi_os);
}

/// Flavours that have a package which always depends on the newest headers.
bool has_headers_package(const std::string& flavour) {
    static constexpr std::array flavours = {"rpi-2712",  "rpi-v8",   "rpi-v7l", "rpi-v7",      "rpi-v6",
                                            "arm64-16k", "arm64",    "amd64",   "cloud-arm64", "cloud-amd64",
                                            "rt-arm64",  "rt-amd64", "generic", "raspi"};
    return std::ranges::find(flavours, flavour) != flavours.end();
}

Kernel inspect(const Environment& environment, const std::string& release) {
    const fs::path directory = environment.at("/lib/modules") / release;
    const std::string flavour = kernel_flavour(release);
    Kernel kernel;
    kernel.release = release;
    kernel.headers = exists_below(environment, directory / "build");
    kernel.module_built = has_module(directory);
    kernel.headers_package = "linux-headers-" + (has_headers_package(flavour) ? flavour : release);
    return kernel;
}

/// Release names of /lib/modules that belong to an installed kernel; a directory that only holds what DKMS
/// left of a removed one does not.
std::vector<std::string> installed_releases(const Environment& environment) {
    std::vector<std::string> releases;
    std::error_code error;
    for (fs::directory_iterator entry(environment.at("/lib/modules"), error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code missing;
        if (fs::exists(entry->path() / "modules.builtin", missing) ||
            fs::exists(entry->path() / "kernel", missing))
            releases.push_back(entry->path().filename().string());
    }
    return releases;
}

} // namespace

std::string kernel_flavour(const std::string& release) {
    std::size_t at = 0;
    while (at < release.size() && (is_digit(release[at]) || release[at] == '.'))
        ++at;
    // "+rpt", "+deb13": the build's own version.
    if (at < release.size() && release[at] == '+')
        at = release.find('-', at);
    if (at == std::string::npos || at >= release.size())
        return {};
    // "-37", "-rpi8", "-rc3": an ABI number, with a digit at its end.
    const std::size_t next = release.find('-', at + 1);
    if (next != std::string::npos && is_digit(release[next - 1]) &&
        release.find_first_of('+') == std::string::npos)
        at = next;
    return release[at] == '-' ? release.substr(at + 1) : std::string();
}

std::vector<Kernel> find_kernels(const Environment& environment) {
    Kernel running = inspect(environment, environment.kernel_release);
    running.running = true;
    running.newest = true;
    std::string newest = environment.kernel_release;
    const std::string flavour = kernel_flavour(newest);
    for (const std::string& release : installed_releases(environment))
        if (may_follow(flavour, kernel_flavour(release)) && strverscmp(release.c_str(), newest.c_str()) > 0)
            newest = release;
    if (newest == environment.kernel_release)
        return {running};
    running.newest = false;
    Kernel other = inspect(environment, newest);
    other.newest = true;
    return {running, other};
}

std::vector<std::string> dkms_versions(const Environment& environment) {
    std::vector<std::string> versions;
    std::error_code error;
    for (fs::directory_iterator entry(environment.at("/var/lib/dkms") / dkms_name, error), end;
         !error && entry != end; entry.increment(error)) {
        std::error_code missing;
        // Beside the versions, DKMS keeps links named kernel-RELEASE-ARCH.
        if (fs::is_symlink(entry->path() / "source", missing) ||
            fs::exists(entry->path() / "source", missing))
            versions.push_back(entry->path().filename().string());
    }
    std::ranges::sort(versions);
    return versions;
}

std::string kernel_remedy(const Kernel& kernel) {
    if (kernel.module_built)
        return {};
    if (!kernel.headers)
        return "sudo apt install " + kernel.headers_package;
    return "sudo dkms autoinstall -k " + kernel.release;
}

} // namespace daedalus::ctl
