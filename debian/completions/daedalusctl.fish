# SPDX-License-Identifier: BSD-2-Clause
# The tool itself knows its commands.
daedalusctl completion fish | source
