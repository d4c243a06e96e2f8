// SPDX-License-Identifier: BSD-2-Clause
// What the commands have in common.
#pragma once

#include "environment.h"
#include "model/verdict.h"
#include "model/world.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <functional>
#include <string>

namespace daedalus::ctl {

/// Stepped when a member of a JSON document is renamed, removed or changes its meaning; not when one is
/// added.
inline constexpr int schema_version = 1;

/// One run of the program: what the command line asked for. The commands' add_ functions put options into the
/// command tree and set `action` when theirs is called.
struct Invocation {
    Environment& environment;
    bool json = false;
    std::function<int()> action; ///< returns the exit status
};

/// A document with schema_version and the command's name.
[[nodiscard]] nlohmann::json document(const std::string& command);
/// Prints a document.
void print(const Environment& environment, const nlohmann::json& document);

/// "state:", "reason:" and "remedy:" lines, the last two only where there is something to say.
void print_verdict(const Environment& environment, const Verdict& verdict);
/// The same as the member "status" of a document.
[[nodiscard]] nlohmann::json encode_verdict(const Verdict& verdict);

/// Ends a command that the daemon did not answer: says why, and what the kernel knows. Returns the exit
/// status. `command`: for the document.
int report_failure(const Invocation& invocation, const std::string& command, const CallFailure& failure);

/// ModuleState as text, one line a value, and as type Kernel of the control interface.
void print_module(const Environment& environment, const statistics::ModuleState& module);
[[nodiscard]] nlohmann::json encode_module(const statistics::ModuleState& module);

/// "h264", "vp9" and so on: what --codec takes.
[[nodiscard]] std::vector<std::string> codec_keywords();

void add_status(CLI::App& app, Invocation& invocation);
void add_sessions(CLI::App& app, Invocation& invocation);
void add_jobs(CLI::App& app, Invocation& invocation);
void add_stats(CLI::App& app, Invocation& invocation);
void add_watch(CLI::App& app, Invocation& invocation);
void add_reset(CLI::App& app, Invocation& invocation);
void add_doctor(CLI::App& app, Invocation& invocation);
void add_metrics(CLI::App& app, Invocation& invocation);
void add_version(CLI::App& app, Invocation& invocation);
void add_log(CLI::App& app, Invocation& invocation);
void add_completion(CLI::App& app, Invocation& invocation);

} // namespace daedalus::ctl
