// SPDX-License-Identifier: BSD-2-Clause
// daedalusctl completion: scripts for shells, made from the command tree itself.
#include "commands/command.h"

#include "text/completion.h"

#include <memory>
#include <ostream>

namespace daedalus::ctl {

void add_completion(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("completion", "A completion script for a shell");
    command->footer("Examples:\n"
                    "  daedalusctl completion bash > /usr/share/bash-completion/completions/daedalusctl\n"
                    "  daedalusctl completion zsh > /usr/share/zsh/vendor-completions/_daedalusctl\n"
                    "  daedalusctl completion fish > /usr/share/fish/vendor_completions.d/daedalusctl.fish");
    auto shell = std::make_shared<std::string>();
    command->add_option("shell", *shell, "The shell")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->callback([&app, &invocation, shell] {
        invocation.action = [&app, &invocation, shell] {
            const CommandNode tree = describe(app);
            invocation.environment.out << (*shell == "bash"  ? bash_completion(tree)
                                           : *shell == "zsh" ? zsh_completion(tree)
                                                             : fish_completion(tree));
            return static_cast<int>(exit_healthy);
        };
    });
}

} // namespace daedalus::ctl
