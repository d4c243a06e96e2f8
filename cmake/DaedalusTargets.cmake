# SPDX-License-Identifier: BSD-2-Clause
#
# How every target of this project is made: the same warnings, include
# directories, checks and sanitizers everywhere.

# Adds each of the directories that has a CMakeLists.txt.
function(daedalus_add_existing)
    foreach(directory IN LISTS ARGN)
        if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${directory}/CMakeLists.txt)
            add_subdirectory(${directory})
        endif()
    endforeach()
endfunction()

# Warnings, sanitizers and the include path of one target.
function(daedalus_configure_target target)
    target_compile_options(${target} PRIVATE -Wall -Wextra)
    # An index or an optional that hostile input has led astray ends a worker, which is started again,
    # instead of reading what lies beside: in what people run as well.
    target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS)
    if(DAEDALUS_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    if(DAEDALUS_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${DAEDALUS_SANITIZE} -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=all)
        target_link_options(${target} PRIVATE -fsanitize=${DAEDALUS_SANITIZE})
    endif()
    # "daedalus/protocol.h" and "bridge/message_parser.h" are how headers are named everywhere.
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src-daemon
                                                 ${PROJECT_BINARY_DIR}/generated)
endfunction()

# daedalus_add_library(NAME source...): a static library that only this project links.
function(daedalus_add_library name)
    add_library(${name} STATIC ${ARGN})
    daedalus_configure_target(${name})
endfunction()

# daedalus_add_executable(NAME source...)
function(daedalus_add_executable name)
    add_executable(${name} ${ARGN})
    daedalus_configure_target(${name})
endfunction()

# daedalus_add_test(NAME SOURCES source... [LIBRARIES target...] [TIMEOUT seconds]):
# a GoogleTest binary whose tests ctest knows one by one.
function(daedalus_add_test name)
    cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    daedalus_configure_target(${name})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gtest GTest::gmock GTest::gtest_main)
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()
