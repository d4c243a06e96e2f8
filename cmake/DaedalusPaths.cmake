# SPDX-License-Identifier: BSD-2-Clause
#
# Where things are installed and looked for. Every path that the programs have
# built in is a variable here, and reaches them through build_paths.h.
set(DAEDALUS_LIBEXECDIR "${CMAKE_INSTALL_LIBEXECDIR}/daedalus-v4l2" CACHE STRING
    "Directory of daedalus-worker, relative to the prefix")
set(DAEDALUS_WORKER_PATH "${CMAKE_INSTALL_FULL_LIBEXECDIR}/daedalus-v4l2/daedalus-worker" CACHE STRING
    "The worker that the supervisor starts unless the configuration names another")
set(DAEDALUS_CONFIG_PATH "${CMAKE_INSTALL_FULL_SYSCONFDIR}/daedalus-v4l2.conf" CACHE STRING
    "The daemon's configuration file")
set(DAEDALUS_CONTROL_SOCKET "/run/daedalus/control" CACHE STRING "The control socket")

configure_file(${CMAKE_CURRENT_LIST_DIR}/build_paths.h.in
               ${PROJECT_BINARY_DIR}/generated/daedalus/build_paths.h @ONLY)
