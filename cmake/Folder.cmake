# SPDX-License-Identifier: GPL-3.0-or-later

# ff_add_folder(<folder> [USES <folder>...] [LIBRARIES <target>...] [PRIVATE <target>...])
#
# Library target ff_<folder> of all C files in src/<folder>. USES names the folders it may include,
# LIBRARIES external ones that its headers may show, PRIVATE those that stay behind them.
function(ff_add_folder folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;LIBRARIES;PRIVATE")
  list(TRANSFORM arg_USES PREPEND ff_)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.c)

  if(sources)
    add_library(ff_${folder} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(ff_${folder} PRIVATE ${arg_PRIVATE})
  else()
    add_library(ff_${folder} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(ff_${folder} ${scope} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(ff_${folder} ${scope} ${arg_USES} ${arg_LIBRARIES})
endfunction()
