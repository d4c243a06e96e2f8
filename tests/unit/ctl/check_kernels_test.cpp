// SPDX-License-Identifier: BSD-2-Clause
// dkms/check-kernels, which apt runs: for which kernels it wants the module.
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/wait.h>

namespace daedalus::ctl {
namespace {

constexpr char running[] = "6.12.47+rpt-rpi-2712";

/// With `option`, on a machine that runs `kernel` and has in `root` what is installed.
test::Outcome check_kernels(const test::FakeWorld& world, const std::string& option,
                            const std::string& kernel = running) {
    const std::string command = "DAEDALUS_ROOT='" + world.root().string() + "' DAEDALUS_RUNNING='" + kernel +
                                "' " CHECK_KERNELS " " + option;
    test::Outcome outcome;
    FILE* pipe = popen(command.c_str(), "r");
    if (!pipe)
        return outcome;
    std::array<char, 4096> bytes{};
    for (std::size_t got = 0; (got = fread(bytes.data(), 1, bytes.size(), pipe)) > 0;)
        outcome.out.append(bytes.data(), got);
    const int status = pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

class CheckKernels : public testing::Test {
  protected:
    CheckKernels() { world_.remove("/lib/modules/6.12.25+rpt-rpi-2712"); }

    void install(const std::string& release, bool headers, bool module) const {
        const std::string directory = "/lib/modules/" + release;
        world_.write(directory + "/modules.order", "");
        if (headers)
            world_.write(directory + "/build/include/config.h", "");
        if (module)
            world_.write(directory + "/updates/dkms/daedalus_v4l2.ko.xz", "");
    }

    test::FakeWorld world_{{}};
};

TEST_F(CheckKernels, TheNextOneIsOfTheMachinesFlavour) {
    install(running, true, false);
    install("6.12.47+rpt-rpi-v8", true, false);
    install("6.12.62+rpt-rpi-v8", true, false);
    install("6.12.62+rpt-rpi-2712", true, false);
    EXPECT_EQ(check_kernels(world_, "--unbuilt").out, std::string(running) + "\n6.12.62+rpt-rpi-2712\n");
    const auto checked = check_kernels(world_, "--quiet");
    EXPECT_EQ(checked.status, 1);
    EXPECT_NE(checked.out.find("sudo dkms autoinstall -k 6.12.62+rpt-rpi-2712"), std::string::npos);
}

TEST_F(CheckKernels, ThatOfAnotherMachineNeedsNoModule) {
    install(running, true, true);
    install("6.12.62+rpt-rpi-v8", false, false);
    const auto checked = check_kernels(world_, "--quiet");
    EXPECT_EQ(checked.status, 0);
    EXPECT_EQ(checked.out, "");
}

TEST_F(CheckKernels, AnotherFlavourOfDebianMayBeNext) {
    install("6.12.48+deb13-arm64", true, true);
    install("7.0.4+deb13-arm64-16k", false, false);
    const auto checked = check_kernels(world_, "--quiet", "6.12.48+deb13-arm64");
    EXPECT_EQ(checked.status, 1);
    EXPECT_NE(checked.out.find("sudo apt install linux-headers-7.0.4+deb13-arm64-16k"), std::string::npos);
}

TEST_F(CheckKernels, TheImageOfAMachineMayBecomeAnyMachine) {
    install("6.12.62+rpt-rpi-2712", true, false);
    install("6.12.62+rpt-rpi-v8", true, false);
    install("6.12.47+rpt-rpi-v8", true, false);
    EXPECT_EQ(check_kernels(world_, "--unbuilt", "6.8.0-45-generic").out,
              "6.12.62+rpt-rpi-2712\n6.12.62+rpt-rpi-v8\n");
}

TEST_F(CheckKernels, WhatABrokenOffUpgradeLeavesIsMendedByApt) {
    install(running, true, false);
    EXPECT_NE(check_kernels(world_, "").out.find("sudo dkms autoinstall"), std::string::npos);
    world_.remove("/var/lib/dkms/daedalus-v4l2");
    const auto checked = check_kernels(world_, "");
    EXPECT_EQ(checked.status, 1);
    EXPECT_NE(checked.out.find("sudo apt install --reinstall daedalus-v4l2-dkms"), std::string::npos);
}

TEST_F(CheckKernels, TheCompilerThatIsMissingIsNamed) {
    const std::string kernel = "6.12.25+rpt-rpi-2712"; // whose configuration is there
    install(kernel, true, false);
    std::ofstream(world_.root() / ("boot/config-" + kernel), std::ios::app)
        << "CONFIG_CC_VERSION_TEXT=\"aarch64-linux-gnu-gcc-99 (Debian 99.2.0-19) 99.2.0\"\n";
    const auto checked = check_kernels(world_, "", kernel);
    EXPECT_EQ(checked.status, 1);
    EXPECT_NE(checked.out.find("sudo apt install make gcc-99\n"), std::string::npos) << checked.out;
}

} // namespace
} // namespace daedalus::ctl
