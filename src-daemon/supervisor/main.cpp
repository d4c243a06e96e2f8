// SPDX-License-Identifier: BSD-2-Clause
// daedalusd: accepts the sessions of daedalus_v4l2.ko and gives each a worker process.
#include "config/config.h"
#include "daedalus/build_paths.h"
#include "daedalus/protocol.h"
#include "supervisor/supervisor.h"
#include "util/journal.h"
#include "util/log.h"

#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace daedalus;

namespace {

constexpr char usage[] = "Usage: daedalusd [--config=FILE]\n"
                         "Decodes video for the daedalus_v4l2 kernel module.\n"
                         "\n"
                         "  -c, --config=FILE  configuration (default %s)\n"
                         "  -h, --help         this text\n"
                         "      --version      version and protocol\n"
                         "\n"
                         "See daedalusd(8) and daedalus-v4l2.conf(5).\n";

enum {
    option_version = 256,
};

} // namespace

int main(int argc, char** argv) {
    static const option options[] = {
        {"config", required_argument, nullptr, 'c'},
        {"help", no_argument, nullptr, 'h'},
        {"version", no_argument, nullptr, option_version},
        {},
    };
    std::string config_path = default_config_path;
    for (int option; (option = getopt_long(argc, argv, "c:h", options, nullptr)) != -1;) {
        switch (option) {
        case 'c':
            config_path = optarg;
            break;
        case 'h':
            std::printf(usage, default_config_path);
            return EXIT_SUCCESS;
        case option_version:
            std::printf("daedalusd %s (protocol %d)\n", project_version, DAEDALUS_PROTO_VERSION);
            return EXIT_SUCCESS;
        default:
            return supervisor::exit_usage;
        }
    }
    if (optind < argc) {
        std::fprintf(stderr, "daedalusd: '%s' is not understood; see daedalusd --help\n", argv[optind]);
        return supervisor::exit_usage;
    }

    if (util::stderr_is_journal())
        util::set_log_sink(util::log_to_journal);
    auto loaded = config::load(config_path);
    if (!loaded) {
        util::log(util::LogLevel::error, "%s", loaded.error().message.c_str());
        return supervisor::exit_configuration;
    }
    util::set_log_level(loaded->config.log_level);
    for (const std::string& warning : loaded->warnings)
        util::log(util::LogLevel::warning, "%s", warning.c_str());
    return supervisor::Supervisor(std::move(loaded->config)).run();
}
