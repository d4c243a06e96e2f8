// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "scenario.h"

#include <string>

namespace daedalus::client {

/**
 * Compares what a player wrote with what ffmpeg decodes, frame by frame. The
 * option --list names a file with a line "NAME STREAM FRAMEMD5" for every
 * stream that was played, one after the other. Prints a RESULT line for each
 * when all are the same, or when there is only one.
 *
 * @param file raw NV12 frames as GStreamer's filesink writes them: the visible
 *        part of each, lines padded to 4 bytes
 * @return 0, or 1 when something differs
 */
int compare_command(const Context& context, const std::string& file);

} // namespace daedalus::client
