// SPDX-License-Identifier: BSD-2-Clause
#include "watch/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

namespace daedalus::ctl {
namespace {

constexpr std::array ending_signals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

struct termios saved_modes; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): for the handler
bool modes_saved = false;   // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): for the handler

void write_all(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return;
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

/// Calls only what a signal handler may.
void restore() {
    write_all("\033[?25h\033[?1049l"); // the cursor, and the screen there was
    if (modes_saved)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved_modes);
}

void on_ending_signal(int signal) {
    restore();
    std::signal(signal, SIG_DFL); // NOLINT: async-signal-safe by POSIX
    raise(signal);
}

struct winsize size() {
    struct winsize size {};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        size = {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    return size;
}

} // namespace

Terminal::Terminal() {
    if (tcgetattr(STDIN_FILENO, &saved_modes) == 0) {
        modes_saved = true;
        struct termios modes = saved_modes;
        modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        tcsetattr(STDIN_FILENO, TCSANOW, &modes);
    }
    for (const int signal : ending_signals)
        std::signal(signal, on_ending_signal);
    write_all("\033[?1049h\033[?25l");
}

Terminal::~Terminal() {
    restore();
    for (const int signal : ending_signals)
        std::signal(signal, SIG_DFL);
}

void Terminal::show(const std::string& screen) {
    // Each line is overwritten in place and its rest erased, which does not flicker as clearing first would.
    std::string text = "\033[H";
    for (const char c : screen) {
        if (c == '\n')
            text += "\033[K\r\n";
        else
            text += c;
    }
    write_all(text + "\033[J");
}

unsigned Terminal::height() {
    return size().ws_row;
}

unsigned Terminal::width() {
    return size().ws_col;
}

} // namespace daedalus::ctl
