// SPDX-License-Identifier: BSD-2-Clause
// Shell completion from a tree of commands.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace daedalus::ctl {

struct OptionNode {
    std::vector<std::string> names; ///< "--json", "-n"
    std::string description;
    bool takes_value = false;
    bool takes_file = false;
    std::vector<std::string> values; ///< if only these are allowed
};

struct CommandNode {
    std::string name;
    std::vector<std::string> aliases;
    std::string description;
    std::vector<OptionNode> options;
    std::vector<std::string> argument_values; ///< of the positional argument, if only these are allowed
    std::vector<CommandNode> commands;
};

/// The tree below `app`, without what is hidden from the help.
[[nodiscard]] CommandNode describe(const CLI::App& app);

[[nodiscard]] std::string bash_completion(const CommandNode& tree);
[[nodiscard]] std::string zsh_completion(const CommandNode& tree);
[[nodiscard]] std::string fish_completion(const CommandNode& tree);

} // namespace daedalus::ctl
