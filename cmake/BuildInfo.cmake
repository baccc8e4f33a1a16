# SPDX-License-Identifier: GPL-3.0-or-later
#
# Target ff_build_info: the generated header build_info.h. The git revision in it is looked up at
# every build; the file changes, and its users are compiled again, only when its content does.

set(header_dir ${PROJECT_BINARY_DIR}/generated)

string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
string(JOIN " " flags ${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${build_type}} ${FF_COMPILE_OPTIONS})
string(GENEX_STRIP "${flags}" flags)
string(STRIP "${flags}" flags)

add_custom_target(ff_build_info_header
  COMMAND ${CMAKE_COMMAND}
          -DSOURCE_DIR=${PROJECT_SOURCE_DIR}
          -DHEADER=${header_dir}/build_info.h
          -DFF_VERSION=${PROJECT_VERSION}
          "-DFF_COMPILER=${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}"
          -DFF_C_FLAGS=${flags}
          -DFF_BUILD_TYPE=${CMAKE_BUILD_TYPE}
          -P ${CMAKE_CURRENT_LIST_DIR}/write_build_info.cmake
  BYPRODUCTS ${header_dir}/build_info.h
  COMMENT "Looking up the git revision"
  VERBATIM)

add_library(ff_build_info INTERFACE)
target_include_directories(ff_build_info INTERFACE ${header_dir})
add_dependencies(ff_build_info ff_build_info_header)
