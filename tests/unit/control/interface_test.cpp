// SPDX-License-Identifier: BSD-2-Clause
// The description itself.
#include "control/interface_text.h"
#include "control/methods.h"
#include "unit/control/fake_provider.h"
#include "unit/control/idl.h"

#include <gtest/gtest.h>

namespace daedalus::control {
namespace {

TEST(Interface, DescriptionParses) {
    const test::IdlInterface interface = test::parse_idl(interface_text);
    EXPECT_EQ(interface.name, interface_name);
    EXPECT_EQ(interface.methods.size(), 9U);
    EXPECT_TRUE(interface.types.contains("Session"));
    EXPECT_TRUE(interface.errors.contains("NoSuchJob"));
}

TEST(Interface, EveryMemberHasAComment) {
    EXPECT_EQ(test::parse_idl(interface_text).undocumented, std::vector<std::string>());
}

TEST(Interface, ServiceDescriptionParses) {
    test::FakeProvider provider;
    Methods methods(provider, "/nonexistent");
    const Answer answer = methods.call({.method = "org.varlink.service.GetInterfaceDescription",
                                        .parameters = {{"interface", "org.varlink.service"}}},
                                       Access::none);
    ASSERT_EQ(answer.error, "");
    const test::IdlInterface interface = test::parse_idl(answer.parameters["description"].get<std::string>());
    EXPECT_EQ(interface.name, "org.varlink.service");
    const Answer info = methods.call({.method = "org.varlink.service.GetInfo"}, Access::none);
    EXPECT_EQ(test::mismatch(interface, interface.methods.at("GetInfo").out, info.parameters), "");
}

TEST(Interface, CheckerFindsWhatIsWrong) {
    const test::IdlInterface interface =
        test::parse_idl("interface a.b\ntype T (x: int, y: ?[]string, z: (on, off), w: [string]bool)");
    const test::IdlType& type = interface.types.at("T");
    const nlohmann::json good = {{"x", 1}, {"y", nullptr}, {"z", "on"}, {"w", {{"k", true}}}};
    EXPECT_EQ(test::mismatch(interface, type, good), "");
    for (const auto& [field, value] : std::initializer_list<std::pair<const char*, nlohmann::json>>{
             {"x", "1"}, {"x", 1.5}, {"y", {1}}, {"z", "dim"}, {"w", {{"k", 1}}}, {"v", 1}}) {
        nlohmann::json bad = good;
        bad[field] = value;
        EXPECT_NE(test::mismatch(interface, type, bad), "") << bad;
    }
    nlohmann::json missing = good;
    missing.erase("y");
    EXPECT_NE(test::mismatch(interface, type, missing), "");
}

} // namespace
} // namespace daedalus::control
