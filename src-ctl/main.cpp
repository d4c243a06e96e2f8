// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl: sees and steers the video decoder.
#include "application.h"

#include "daedalus/build_paths.h"

#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>

namespace {

/// Columns of the terminal; without one, as many as anything needs, for grep and less -S.
unsigned output_width(bool terminal) {
    struct winsize size {};
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return terminal ? 80 : 1000;
}

} // namespace

int main(int argc, char** argv) {
    // A reader that has seen enough ends the program, as it does with any other.
    std::signal(SIGPIPE, SIG_DFL);
    struct utsname system {};
    uname(&system);
    const bool out_is_terminal = isatty(STDOUT_FILENO) == 1;
    const char* term = std::getenv("TERM");
    const bool colors = out_is_terminal && std::getenv("NO_COLOR") == nullptr &&
                        (term == nullptr || std::string_view(term) != "dumb");
    daedalus::ctl::Environment environment{
        .in = std::cin,
        .out = std::cout,
        .err = std::cerr,
        .root = "/",
        .socket = daedalus::default_control_socket,
        .kernel_release = system.release,
        .machine = system.machine,
        .out_is_terminal = out_is_terminal,
        .in_is_terminal = isatty(STDIN_FILENO) == 1,
        .color = colors,
        .width = output_width(out_is_terminal),
    };
    try {
        return daedalus::ctl::run(environment, {argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "daedalusctl: %s\n", error.what());
        return daedalus::ctl::exit_unknown;
    }
}
