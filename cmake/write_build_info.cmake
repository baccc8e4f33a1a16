# SPDX-License-Identifier: GPL-3.0-or-later
#
# Script: write HEADER from build_info.h.in with the revision of SOURCE_DIR, "-dirty" when modified.

# A copy of the sources inside somebody else's repository must not report that one's revision.
cmake_path(GET SOURCE_DIR PARENT_PATH ceiling)
set(ENV{GIT_CEILING_DIRECTORIES} ${ceiling})

set(FF_GIT_SHA1 "")
find_program(GIT git)
if(GIT)
  execute_process(COMMAND ${GIT} describe --always --dirty --abbrev=40 --exclude=*
                  WORKING_DIRECTORY ${SOURCE_DIR}
                  OUTPUT_VARIABLE FF_GIT_SHA1 OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT FF_GIT_SHA1)
  set(FF_GIT_SHA1 unknown)
endif()

configure_file(${CMAKE_CURRENT_LIST_DIR}/build_info.h.in ${HEADER} @ONLY)
