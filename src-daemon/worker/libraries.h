// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace daedalus::worker {

/// Loads all that decodes and writes pictures, as far as it is installed, and lets it look around: before
/// there is a session, so that its first picture does not wait, and before files are out of reach.
void load_libraries();

} // namespace daedalus::worker
