// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/check.h"

#include "model/fields.h"
#include "model/verdict.h"
#include "text/units.h"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace daedalus::ctl {
namespace {

namespace fs = std::filesystem;

/// The unit by its files and its control group, which need no bus and no rights.
Check check_service(const Environment& environment, bool answers) {
    Check check{.id = "service", .title = "service", .detail = service_unit, .fix = {}};
    std::error_code error;
    bool installed = false;
    for (const char* directory : {"/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"})
        installed = installed || fs::exists(environment.at(directory) / service_unit, error);
    if (!installed) {
        check.result = CheckResult::fail;
        check.detail += " is not installed";
        check.fix = "sudo apt install daedalus-v4l2";
        return check;
    }
    std::ifstream processes(environment.at("/sys/fs/cgroup/system.slice") / service_unit / "cgroup.procs");
    std::string first;
    if (!std::getline(processes, first) && answers) {
        check.result = CheckResult::warn;
        check.detail += " is not running, but a daemon that somebody else started is";
        check.fix = "stop that one, then sudo systemctl enable --now daedalusd";
        return check;
    }
    if (first.empty()) {
        check.result = CheckResult::fail;
        check.detail += " is not running";
        check.fix = "sudo systemctl enable --now daedalusd";
        return check;
    }
    check.detail += " runs";
    return check;
}

Check check_answer(const World& world) {
    Check check{.id = "daemon_answers", .title = "daemon answers", .detail = {}, .fix = {}};
    if (world.failure) {
        check.result = world.failure->problem == Problem::denied ? CheckResult::skip : CheckResult::fail;
        check.detail = world.failure->message;
        // The remedy for the daemon alone: the module has checks of its own.
        statistics::ModuleState loaded;
        loaded.loaded = true;
        check.fix = judge_failure(*world.failure, loaded, {}).remedy;
        return check;
    }
    const Fields health(world.health);
    const std::string state = health.text("state").value_or("?");
    check.detail = health.text("daemon_version").value_or("?") + ", " + state;
    if (state != "serving") {
        check.result = state == "starting" ? CheckResult::warn : CheckResult::fail;
        check.detail += ": " + health.text("state_reason").value_or("");
        check.fix = judge(world).remedy;
    }
    return check;
}

Check check_attached(const World& world) {
    Check check{.id = "daemon_attached", .title = "daemon attached to the module", .detail = {}, .fix = {}};
    if (!world.module.daemon_attached) {
        check.result = CheckResult::skip;
        check.detail = "the module does not say";
    } else if (!*world.module.daemon_attached) {
        check.result = CheckResult::fail;
        check.detail = "players get errors until one is";
        check.fix = "sudo systemctl restart daedalusd";
    } else {
        check.detail = "yes";
    }
    return check;
}

Check check_libraries(const World& world) {
    Check check{.id = "libraries", .title = "FFmpeg and dav1d", .detail = {}, .fix = {}};
    if (world.failure) {
        check.result = CheckResult::skip;
        check.detail = "only the daemon knows what it found";
        return check;
    }
    for (const auto& element : Fields(world.health).list("libraries")) {
        const Fields library(element);
        const auto version = library.text("version");
        check.detail += (check.detail.empty() ? "" : ", ") + library.text("name").value_or("?") + " " +
                        version.value_or("missing");
        if (!version) {
            // The other codecs work without it.
            check.result = CheckResult::warn;
            check.fix = "install the package of the missing library, libavcodec or libdav1d";
        }
    }
    std::string codecs;
    for (const auto& codec : Fields(world.health).list("codecs"))
        if (codec.is_string())
            codecs += (codecs.empty() ? "" : " ") + codec.get<std::string>();
    check.detail +=
        (check.detail.empty() ? "" : "; ") + std::string("codecs: ") + (codecs.empty() ? "none" : codecs);
    if (codecs.empty()) {
        check.result = CheckResult::fail;
        check.fix = "install libavcodec and libdav1d";
    }
    return check;
}

} // namespace

void check_daemon(const Environment& environment, const World& world, std::vector<Check>& checks) {
    checks.push_back(check_service(environment, !world.failure));
    checks.push_back(check_answer(world));
    checks.push_back(check_attached(world));
    checks.push_back(check_libraries(world));
}

} // namespace daedalus::ctl
