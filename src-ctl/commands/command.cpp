// SPDX-License-Identifier: BSD-2-Clause
#include "commands/command.h"

#include "bridge/codec_names.h"
#include "text/style.h"
#include "util/log.h"

#include <ostream>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

template <typename T>
json or_null(const std::optional<T>& value) {
    return value ? json(*value) : json();
}

/// A long text in lines that fit, those after the first indented.
std::string wrap(const std::string& text, std::size_t width, std::size_t indent) {
    std::string out;
    std::size_t column = indent;
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t end = text.find(' ', at);
        end = end == std::string::npos ? text.size() : end;
        const std::string word = text.substr(at, end - at);
        const std::size_t length = display_width(word);
        if (column > indent && column + 1 + length > width) {
            out += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            out += ' ';
            ++column;
        }
        out += word;
        column += length;
        at = end + 1;
    }
    return out;
}

} // namespace

json document(const std::string& command) {
    return {{"schema_version", schema_version}, {"command", command}};
}

void print(const Environment& environment, const json& document) {
    environment.out << document.dump(2, ' ', false, json::error_handler_t::replace) << "\n";
}

void print_verdict(const Environment& environment, const Verdict& verdict) {
    constexpr std::size_t indent = 9;
    environment.out << "  state: " << paint(environment, color_of(verdict.code), health_word(verdict.code))
                    << "\n";
    if (!verdict.reason.empty())
        environment.out << " reason: " << wrap(verdict.reason, environment.width, indent) << "\n";
    if (!verdict.remedy.empty())
        environment.out << " remedy: "
                        << paint(environment, Color::bold, wrap(verdict.remedy, environment.width, indent))
                        << "\n";
}

json encode_verdict(const Verdict& verdict) {
    return {{"state", health_word(verdict.code)},
            {"exit_code", verdict.code},
            {"reason", verdict.reason.empty() ? json() : json(verdict.reason)},
            {"remedy", verdict.remedy.empty() ? json() : json(verdict.remedy)}};
}

int report_failure(const Invocation& invocation, const std::string& command, const CallFailure& failure) {
    const Environment& environment = invocation.environment;
    const statistics::ModuleState module = statistics::read_module(environment.at("/sys"));
    const Verdict verdict = judge_failure(failure, module, find_kernels(environment));
    if (invocation.json) {
        json out = document(command);
        out["daemon"] = encode_reachability(failure);
        out["status"] = encode_verdict(verdict);
        out["kernel"] = encode_module(module);
        print(environment, out);
    } else {
        print_verdict(environment, verdict);
        environment.out << "\n";
        print_module(environment, module);
    }
    return verdict.code;
}

void print_module(const Environment& environment, const statistics::ModuleState& module) {
    std::ostream& out = environment.out;
    if (!module.loaded) {
        out << "The kernel knows nothing: the module is not loaded.\n";
        return;
    }
    const auto line = [&](const char* title, const std::string& value) {
        out << "  " << fit(title, 24) << value << "\n";
    };
    const auto number = [](const std::optional<std::uint64_t>& value) {
        return value ? std::to_string(*value) : std::string("-");
    };
    out << "What the kernel module knows:\n";
    line("version", util::printable(module.version.value_or("-")));
    line("protocol", number(module.proto_version));
    line("daemon attached", module.daemon_attached ? (*module.daemon_attached ? "yes" : "no") : "-");
    line("sessions", number(module.sessions));
    line("sessions waiting", number(module.sessions_waiting));
    line("jobs in flight", number(module.jobs_in_flight));
    for (const auto& [name, value] : module.counters)
        line(util::printable(name).c_str(), std::to_string(value));
}

json encode_module(const statistics::ModuleState& module) {
    return {
        {"module_version", or_null(module.version)},
        {"proto_version", or_null(module.proto_version)},
        {"daemon_attached", or_null(module.daemon_attached)},
        {"sessions", or_null(module.sessions)},
        {"sessions_waiting", or_null(module.sessions_waiting)},
        {"jobs_in_flight", or_null(module.jobs_in_flight)},
        {"counters", module.counters},
    };
}

std::vector<std::string> codec_keywords() {
    std::vector<std::string> keywords;
    keywords.reserve(DAEDALUS_CODEC_COUNT);
    for (int i = 0; i < DAEDALUS_CODEC_COUNT; ++i)
        keywords.emplace_back(bridge::codec_keyword(static_cast<daedalus_codec>(i)));
    return keywords;
}

} // namespace daedalus::ctl
