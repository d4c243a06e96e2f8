# SPDX-License-Identifier: BSD-2-Clause
# The tool itself knows its commands.
eval "$(daedalusctl completion bash)"
