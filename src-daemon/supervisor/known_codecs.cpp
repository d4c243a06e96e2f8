// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/known_codecs.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <sys/stat.h>
#include <system_error>

namespace daedalus::supervisor {

namespace {

/// Another one when the file is replaced or changed.
std::string identity(const std::string& path) {
    struct stat found = {};
    if (::stat(path.c_str(), &found) < 0)
        return "none";
    return std::to_string(found.st_dev) + "." + std::to_string(found.st_ino) + "." +
           std::to_string(found.st_size) + "." + std::to_string(found.st_mtim.tv_sec) + "." +
           std::to_string(found.st_mtim.tv_nsec);
}

/// What the worker said, if the file begins with `stamp`.
std::optional<std::string> read_known(const std::filesystem::path& file, const std::string& stamp) {
    std::ifstream in(file);
    std::string first;
    if (!std::getline(in, first) || first != stamp)
        return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

/// Whole or not at all: one who dies meanwhile leaves no half of it.
void write_known(const std::filesystem::path& file, const std::string& stamp, const std::string& said) {
    const std::filesystem::path draft = file.string() + ".new";
    std::ofstream out(draft, std::ios::trunc);
    out << stamp << "\n" << said;
    out.close();
    std::error_code ignored;
    if (out)
        std::filesystem::rename(draft, file, ignored);
}

} // namespace

util::Result<CodecProbe> recall_codecs(const std::string& worker, const std::filesystem::path& file,
                                       const std::filesystem::path& linker_cache) {
    const std::string stamp = "worker " + identity(worker) + " libraries " + identity(linker_cache);
    if (const auto known = read_known(file, stamp))
        return parse_probe(*known);
    auto said = ask_worker(worker);
    if (!said)
        return std::unexpected(said.error());
    write_known(file, stamp, *said);
    return parse_probe(*said);
}

} // namespace daedalus::supervisor
