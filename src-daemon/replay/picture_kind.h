// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "bridge/messages.h"

namespace daedalus::replay {

/// What a picture means for those that come after it.
enum class PictureKind {
    key,        ///< nothing before it is needed from here on, but by pictures that are shown before it
    reference,  ///< may be referred to
    disposable, ///< nobody refers to it
};

/// What the request's controls say. A reference where they are missing.
[[nodiscard]] PictureKind picture_kind(daedalus_codec codec, const bridge::ControlSet& controls);

} // namespace daedalus::replay
