// SPDX-License-Identifier: BSD-2-Clause
#include "text/completion.h"

#include <algorithm>
#include <utility>

namespace daedalus::ctl {
namespace {

/// The members of a CLI::IsMember check, which names itself "{a,b,c}".
std::vector<std::string> allowed_values(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const auto open = type.find('{');
    const auto close = type.find('}', open);
    std::vector<std::string> values;
    if (open == std::string::npos || close == std::string::npos)
        return values;
    std::size_t at = open + 1;
    while (at < close) {
        const std::size_t end = std::min(type.find(',', at), close);
        values.push_back(type.substr(at, end - at));
        at = end + 1;
    }
    return values;
}

OptionNode describe_option(const CLI::Option& option) {
    OptionNode node;
    for (const auto& name : option.get_snames())
        node.names.push_back("-" + name);
    for (const auto& name : option.get_lnames())
        node.names.push_back("--" + name);
    node.description = option.get_description();
    node.takes_value = option.get_items_expected_max() > 0;
    node.takes_file = node.takes_value && (option.check_lname("textfile") || option.check_lname("socket"));
    node.values = allowed_values(option);
    return node;
}

std::string join(const std::vector<std::string>& words, const char* separator = " ") {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : separator) + word;
    return text;
}

std::vector<std::string> option_names(const CommandNode& node) {
    std::vector<std::string> names;
    for (const OptionNode& option : node.options)
        names.insert(names.end(), option.names.begin(), option.names.end());
    return names;
}

std::vector<std::string> command_names(const CommandNode& node) {
    std::vector<std::string> names;
    for (const CommandNode& command : node.commands) {
        names.push_back(command.name);
        names.insert(names.end(), command.aliases.begin(), command.aliases.end());
    }
    return names;
}

/// Calls visit(path, node) for a command and all below it; a path is "reset job".
template <typename Visit>
void walk(const CommandNode& node, const std::string& path, const Visit& visit) {
    visit(path, node);
    const std::string above = path.empty() ? path : path + " ";
    for (const CommandNode& command : node.commands) {
        std::vector<std::string> names = command.aliases;
        names.insert(names.begin(), command.name);
        for (const std::string& name : names)
            walk(command, above + name, visit);
    }
}

/// For single quotes in any of the shells.
std::string single_quoted(const std::string& text) {
    std::string out;
    for (const char c : text)
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    return "'" + out + "'";
}

/// Descriptions of zsh specifications end at brackets and colons.
std::string zsh_text(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\')
            out += '\\';
        out += c;
    }
    return out;
}

std::string function_name(const std::string& path) {
    std::string name = "_daedalusctl" + (path.empty() ? "" : "_" + path);
    std::ranges::replace(name, ' ', '_');
    return name;
}

} // namespace

CommandNode describe(const CLI::App& app) {
    CommandNode node;
    node.name = app.get_name();
    node.aliases = app.get_aliases();
    node.description = app.get_description();
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_group().empty())
            continue;
        if (option->get_positional())
            node.argument_values = allowed_values(*option);
        else
            node.options.push_back(describe_option(*option));
    }
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        node.commands.push_back(describe(*command));
    return node;
}

std::string bash_completion(const CommandNode& tree) {
    std::string text =
        "# bash completion for daedalusctl, made by: daedalusctl completion bash\n"
        "_daedalusctl() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path= i\n"
        "    COMPREPLY=()\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case \"$path ${COMP_WORDS[i]}\" in\n";
    walk(tree, "", [&](const std::string& path, const CommandNode&) {
        if (!path.empty())
            text += "        ' " + path + "') path=' " + path + "' ;;\n";
    });
    text += "        esac\n    done\n    case \"$path $previous\" in\n";
    walk(tree, "", [&](const std::string& path, const CommandNode& node) {
        std::vector<OptionNode> options = node.options;
        if (&node != &tree)
            options.insert(options.end(), tree.options.begin(), tree.options.end());
        for (const OptionNode& option : options) {
            if (!option.takes_value)
                continue;
            std::vector<std::string> patterns;
            patterns.reserve(option.names.size());
            for (const std::string& name : option.names) {
                std::string pattern = path.empty() ? "' " : "' " + path + " ";
                pattern += name;
                pattern += '\'';
                patterns.push_back(std::move(pattern));
            }
            text += "    " + join(patterns, "|") + ")\n";
            if (!option.values.empty())
                text += "        COMPREPLY=($(compgen -W '" + join(option.values) + "' -- \"$word\"))\n";
            else if (option.takes_file)
                text += "        COMPREPLY=($(compgen -f -- \"$word\"))\n";
            text += "        return ;;\n";
        }
    });
    text += "    esac\n    case \"$path\" in\n";
    walk(tree, "", [&](const std::string& path, const CommandNode& node) {
        std::vector<std::string> words = command_names(node);
        words.insert(words.end(), node.argument_values.begin(), node.argument_values.end());
        const std::vector<std::string> options = option_names(node);
        words.insert(words.end(), options.begin(), options.end());
        if (&node != &tree) {
            const std::vector<std::string> global = option_names(tree);
            words.insert(words.end(), global.begin(), global.end());
        }
        std::ranges::sort(words);
        words.erase(std::ranges::unique(words).begin(), words.end());
        text += "    '" + (path.empty() ? "" : " " + path) + "')\n        COMPREPLY=($(compgen -W '" +
                join(words) + "' -- \"$word\")) ;;\n";
    });
    text += "    esac\n}\ncomplete -F _daedalusctl daedalusctl\n";
    return text;
}

std::string zsh_completion(const CommandNode& tree) {
    std::string text = "#compdef daedalusctl\n# Made by: daedalusctl completion zsh\n";
    walk(tree, "", [&](const std::string& path, const CommandNode& node) {
        text += "\n" + function_name(path) + "() {\n    local -a commands\n    local state line\n";
        text += "    commands=(\n";
        for (const CommandNode& command : node.commands)
            text += "        " + single_quoted(command.name + ":" + zsh_text(command.description)) + "\n";
        text += "    )\n    _arguments -C \\\n";
        std::vector<OptionNode> options = node.options;
        if (&node != &tree)
            options.insert(options.end(), tree.options.begin(), tree.options.end());
        std::vector<std::string> seen;
        for (const OptionNode& option : options)
            for (const std::string& name : option.names) {
                if (std::ranges::find(seen, name) != seen.end())
                    continue;
                seen.push_back(name);
                std::string spec = name;
                if (option.takes_value && name.starts_with("--"))
                    spec += "=";
                spec += "[" + zsh_text(option.description) + "]";
                if (option.takes_value)
                    spec += ":value:" + (!option.values.empty() ? "(" + join(option.values) + ")"
                                         : option.takes_file    ? std::string("_files")
                                                                : std::string(" "));
                text += "        " + single_quoted(spec) + " \\\n";
            }
        if (!node.argument_values.empty())
            text += "        " + single_quoted("1:argument:(" + join(node.argument_values) + ")") + "\n}\n";
        else if (node.commands.empty())
            text += "        && return\n}\n";
        else {
            text += "        '1: :->command' \\\n        '*:: :->rest' && return\n    case $state in\n"
                    "    command) _describe command commands ;;\n    rest)\n        case $line[1] in\n";
            for (const CommandNode& command : node.commands) {
                std::vector<std::string> names = command.aliases;
                names.insert(names.begin(), command.name);
                text += "        " + join(names, "|") + ") " +
                        function_name(path.empty() ? command.name : path + " " + command.name) + " ;;\n";
            }
            text += "        esac ;;\n    esac\n}\n";
        }
    });
    return text + "\n_daedalusctl \"$@\"\n";
}

std::string fish_completion(const CommandNode& tree) {
    std::string text = "# fish completion for daedalusctl, made by: daedalusctl completion fish\n"
                       "complete -c daedalusctl -f\n";
    const auto add_option = [&](const OptionNode& option, const std::string& condition) {
        std::string line = "complete -c daedalusctl" + condition;
        for (const std::string& name : option.names)
            line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        if (option.takes_value)
            line += option.takes_file ? " -r -F" : " -x";
        if (!option.values.empty())
            line += " -a " + single_quoted(join(option.values));
        text += line + " -d " + single_quoted(option.description) + "\n";
    };
    walk(tree, "", [&](const std::string& path, const CommandNode& node) {
        std::string condition;
        if (!path.empty()) {
            std::vector<std::string> words;
            std::size_t at = 0;
            while (at < path.size()) {
                const std::size_t end = std::min(path.find(' ', at), path.size());
                words.push_back("__fish_seen_subcommand_from " + path.substr(at, end - at));
                at = end + 1;
            }
            condition = join(words, "; and ");
        }
        for (const OptionNode& option : node.options)
            add_option(option, path.empty() ? "" : " -n " + single_quoted(condition));
        const std::string before =
            path.empty() ? "not __fish_seen_subcommand_from " + join(command_names(node))
                         : condition + "; and not __fish_seen_subcommand_from " + join(command_names(node));
        for (const CommandNode& command : node.commands)
            text += "complete -c daedalusctl -n " + single_quoted(before) + " -a " +
                    single_quoted(command.name) + " -d " + single_quoted(command.description) + "\n";
        if (!node.argument_values.empty())
            text += "complete -c daedalusctl -n " + single_quoted(condition) + " -a " +
                    single_quoted(join(node.argument_values)) + "\n";
    });
    return text;
}

} // namespace daedalus::ctl
