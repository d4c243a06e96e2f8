// SPDX-License-Identifier: BSD-2-Clause
#include "model/kernels.h"
#include "unit/ctl/world.h"

#include <gtest/gtest.h>

#include <iostream>

namespace daedalus::ctl {
namespace {

Environment environment_of(const test::FakeWorld& world) {
    return {.in = std::cin,
            .out = std::cout,
            .err = std::cerr,
            .root = world.root(),
            .socket = {},
            .kernel_release = "6.12.25+rpt-rpi-2712",
            .machine = "aarch64"};
}

TEST(KernelFlavour, OfTheNamesThatDistributionsGive) {
    EXPECT_EQ(kernel_flavour("6.12.25+rpt-rpi-2712"), "rpi-2712");
    EXPECT_EQ(kernel_flavour("6.12.25+rpt-rpi-v8"), "rpi-v8");
    EXPECT_EQ(kernel_flavour("6.6.74+rpt+1-rpi-v8"), "rpi-v8");
    EXPECT_EQ(kernel_flavour("6.1.0-rpi8-rpi-2712"), "rpi-2712");
    EXPECT_EQ(kernel_flavour("6.12.48+deb13-amd64"), "amd64");
    EXPECT_EQ(kernel_flavour("6.12.48+deb13-cloud-amd64"), "cloud-amd64");
    EXPECT_EQ(kernel_flavour("6.1.0-37-amd64"), "amd64");
    EXPECT_EQ(kernel_flavour("6.1.0-37-rt-arm64"), "rt-arm64");
    EXPECT_EQ(kernel_flavour("7.0.4+deb13-arm64-16k"), "arm64-16k");
    EXPECT_EQ(kernel_flavour("6.8.0-45-generic"), "generic");
    EXPECT_EQ(kernel_flavour("6.12.0"), "");
    EXPECT_EQ(kernel_flavour("6.12.0+"), "");
    EXPECT_EQ(kernel_flavour(""), "");
}

TEST(FindKernels, RunningOneThatIsTheNewest) {
    const test::FakeWorld world({});
    const auto kernels = find_kernels(environment_of(world));
    ASSERT_EQ(kernels.size(), 1U);
    EXPECT_TRUE(kernels[0].running && kernels[0].newest && kernels[0].headers && kernels[0].module_built);
    EXPECT_EQ(kernels[0].headers_package, "linux-headers-rpi-2712");
    EXPECT_EQ(kernel_remedy(kernels[0]), "");
}

TEST(FindKernels, NewerOneOfTheSameFlavour) {
    const test::FakeWorld world({.newer_kernel = true});
    const auto kernels = find_kernels(environment_of(world));
    ASSERT_EQ(kernels.size(), 2U);
    EXPECT_TRUE(kernels[0].running && !kernels[0].newest);
    EXPECT_EQ(kernels[1].release, "6.12.34+rpt-rpi-2712");
    EXPECT_TRUE(kernels[1].newest && !kernels[1].headers && !kernels[1].module_built);
    EXPECT_EQ(kernel_remedy(kernels[1]), "sudo apt install linux-headers-rpi-2712");
    world.write("/lib/modules/6.12.34+rpt-rpi-2712/build/Makefile", "");
    EXPECT_EQ(kernel_remedy(find_kernels(environment_of(world))[1]),
              "sudo dkms autoinstall -k 6.12.34+rpt-rpi-2712");
}

TEST(FindKernels, VersionsAreComparedAsNumbers) {
    const test::FakeWorld world({});
    world.write("/lib/modules/6.6.99+rpt-rpi-2712/modules.builtin", "");
    world.write("/lib/modules/6.12.100+rpt-rpi-2712/modules.builtin", "");
    const auto kernels = find_kernels(environment_of(world));
    ASSERT_EQ(kernels.size(), 2U);
    EXPECT_EQ(kernels[1].release, "6.12.100+rpt-rpi-2712");
}

TEST(FindKernels, ThatOfAnotherMachineIsNotNext) {
    const test::FakeWorld world({});
    world.write("/lib/modules/6.12.99+rpt-rpi-v8/modules.builtin", "");
    EXPECT_EQ(find_kernels(environment_of(world)).size(), 1U);
}

TEST(FindKernels, AnotherFlavourOfDebianMayBeNext) {
    const test::FakeWorld world({});
    Environment environment = environment_of(world);
    environment.kernel_release = "6.12.48+deb13-arm64";
    world.write("/lib/modules/6.12.48+deb13-arm64/modules.builtin", "");
    world.write("/lib/modules/7.0.4+deb13-arm64-16k/modules.builtin", "");
    const auto kernels = find_kernels(environment);
    ASSERT_EQ(kernels.size(), 2U);
    EXPECT_EQ(kernels[1].release, "7.0.4+deb13-arm64-16k");
    EXPECT_EQ(kernels[1].headers_package, "linux-headers-arm64-16k");
}

TEST(FindKernels, HeadersBehindAnAbsoluteLink) {
    const test::FakeWorld world({.headers = false});
    std::filesystem::create_symlink("/usr/src/linux-headers-6.12.25+rpt-rpi-2712",
                                    world.root() / "lib/modules/6.12.25+rpt-rpi-2712/build");
    EXPECT_FALSE(find_kernels(environment_of(world))[0].headers) << "the link leads nowhere";
    world.write("/usr/src/linux-headers-6.12.25+rpt-rpi-2712/Makefile", "");
    EXPECT_TRUE(find_kernels(environment_of(world))[0].headers);
}

TEST(FindKernels, HeadersOfAKernelThatIsNobodysPackage) {
    const test::FakeWorld world({});
    Environment environment = environment_of(world);
    environment.kernel_release = "6.9.1-mine";
    EXPECT_EQ(find_kernels(environment)[0].headers_package, "linux-headers-6.9.1-mine");
}

TEST(DkmsVersions, AreThoseWithASource) {
    const test::FakeWorld world({});
    world.write("/var/lib/dkms/daedalus-v4l2/0.2.0/source/dkms.conf", "");
    world.write("/var/lib/dkms/daedalus-v4l2/kernel-6.12.25+rpt-rpi-2712-aarch64/log", "");
    EXPECT_EQ(dkms_versions(environment_of(world)), (std::vector<std::string>{"0.1.0", "0.2.0"}));
}

} // namespace
} // namespace daedalus::ctl
