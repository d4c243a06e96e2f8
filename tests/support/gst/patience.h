// SPDX-License-Identifier: BSD-2-Clause
// GStreamer's decoders with more patience.
#pragma once

namespace daedalus::test {

/// GStreamer's V4L2 decoders take a picture for lost after one second. On an emulated machine that shares its
/// processor a large picture may take longer, and that says nothing about what is in it. After this they wait
/// `factor` seconds.
void set_patience(unsigned factor);

} // namespace daedalus::test
