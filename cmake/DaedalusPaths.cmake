# SPDX-License-Identifier: BSD-2-Clause
#
# Where things are installed and looked for. Every path that the programs have
# built in is a variable here, and reaches them through build_paths.h. Each can
# be given with -D; none is cached, for they follow the prefix.
macro(daedalus_default variable value)
    if(NOT DEFINED ${variable})
        set(${variable} "${value}")
    endif()
endmacro()

# Relative to the prefix.
daedalus_default(DAEDALUS_LIBEXECDIR "${CMAKE_INSTALL_LIBEXECDIR}/daedalus-v4l2")
# The worker that the supervisor starts unless the configuration names another.
daedalus_default(DAEDALUS_WORKER_PATH "${CMAKE_INSTALL_FULL_LIBEXECDIR}/daedalus-v4l2/daedalus-worker")
daedalus_default(DAEDALUS_CONFIG_PATH "${CMAKE_INSTALL_FULL_SYSCONFDIR}/daedalus-v4l2.conf")
daedalus_default(DAEDALUS_CONTROL_SOCKET "/run/daedalus/control")

configure_file(${CMAKE_CURRENT_LIST_DIR}/build_paths.h.in
               ${PROJECT_BINARY_DIR}/generated/daedalus/build_paths.h @ONLY)
