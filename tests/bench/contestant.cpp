// SPDX-License-Identifier: BSD-2-Clause
#include "bench/contestant.h"

#include "bench/command_contestant.h"
#include "bench/library_contestant.h"
#include "bench/worker_contestant.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace daedalus::bench {
namespace {

struct Words {
    unsigned threads = 1;
    unsigned depth = 4;
    bool planar = false;
};

[[noreturn]] void misunderstood(std::string_view word) {
    throw std::runtime_error("what does '" + std::string(word) + "' mean?");
}

unsigned number(std::string_view word) {
    const std::string_view digits = word.substr(word.find('=') + 1);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value == 0)
        misunderstood(word);
    return value;
}

Words parse(std::string_view rest) {
    Words words;
    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        if (word.starts_with("threads="))
            words.threads = number(word);
        else if (word.starts_with("depth="))
            words.depth = number(word);
        else if (word == "planar")
            words.planar = true;
        else
            misunderstood(word);
    }
    return words;
}

} // namespace

std::unique_ptr<Contestant> make_contestant(const std::string& words) {
    const auto comma = words.find(',');
    const std::string kind = words.substr(0, comma);
    const std::string rest = comma == std::string::npos ? "" : words.substr(comma + 1);
    if (kind == "command")
        return std::make_unique<CommandContestant>(rest);
    const Words parsed = parse(rest);
    if (kind == "worker")
        return std::make_unique<WorkerContestant>(
            DecodeLoadOptions{.threads = parsed.threads, .depth = parsed.depth, .planar = parsed.planar});
    if (kind == "library")
        return std::make_unique<LibraryContestant>(parsed.threads);
    misunderstood(kind);
}

} // namespace daedalus::bench
