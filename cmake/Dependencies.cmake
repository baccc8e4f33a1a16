# SPDX-License-Identifier: GPL-3.0-or-later
#
# Find every external library, then report all that are missing at once, by Debian package.

set(missing "")
macro(ff_require found) # ff_require(<condition> <package>...)
  if(NOT ${found})
    list(APPEND missing ${ARGN})
  endif()
endmacro()

# A library without a CMake package: <target>, its header, its library files (none: header only).
function(ff_find_plain target header)
  string(MAKE_C_IDENTIFIER ${target} id)
  find_path(${id}_INCLUDE_DIR ${header})
  set(libraries "")
  foreach(name IN LISTS ARGN)
    find_library(${id}_${name}_LIBRARY ${name})
    mark_as_advanced(${id}_${name}_LIBRARY)
    list(APPEND libraries ${${id}_${name}_LIBRARY})
  endforeach()
  mark_as_advanced(${id}_INCLUDE_DIR)

  set(found TRUE)
  foreach(file IN LISTS ${id}_INCLUDE_DIR libraries)
    if(NOT file)
      set(found FALSE)
    endif()
  endforeach()
  set(${id}_FOUND ${found} PARENT_SCOPE)
  if(found)
    add_library(${target} INTERFACE IMPORTED GLOBAL)
    target_include_directories(${target} INTERFACE ${${id}_INCLUDE_DIR})
    target_link_libraries(${target} INTERFACE ${libraries})
  endif()
endfunction()

find_package(PkgConfig QUIET)
ff_require(PKG_CONFIG_FOUND pkg-config)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(YAML QUIET IMPORTED_TARGET yaml-0.1)
  pkg_check_modules(JANSSON QUIET IMPORTED_TARGET jansson)
  pkg_check_modules(NLOPT QUIET IMPORTED_TARGET nlopt)
endif()
ff_require(YAML_FOUND libyaml-dev)
ff_require(JANSSON_FOUND libjansson-dev)
ff_require(NLOPT_FOUND libnlopt-dev)

find_package(HDF5 QUIET COMPONENTS C HL)
ff_require(HDF5_FOUND libhdf5-dev)

find_package(MPI QUIET COMPONENTS C)
ff_require(MPI_C_FOUND libopenmpi-dev)
ff_require(MPIEXEC_EXECUTABLE openmpi-bin)

ff_find_plain(Random123::Random123 Random123/philox.h)
ff_require(Random123__Random123_FOUND librandom123-dev)

ff_find_plain(SuiteSparse::KLU suitesparse/klu.h klu btf amd colamd suitesparseconfig)
ff_require(SuiteSparse__KLU_FOUND libsuitesparse-dev)

if(BUILD_TESTING)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(CMOCKA QUIET IMPORTED_TARGET cmocka)
  endif()
  ff_require(CMOCKA_FOUND libcmocka-dev)

  find_package(GSL QUIET)
  ff_require(GSL_FOUND libgsl-dev)

  execute_process(COMMAND bash ${PROJECT_SOURCE_DIR}/jobs/python.sh
                          ${PROJECT_BINARY_DIR}/venv/bin/python3
                  OUTPUT_VARIABLE FF_PYTHON OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  ff_require(FF_PYTHON python3-h5py python3-numpy python3-matplotlib)
endif()

if(missing)
  list(JOIN missing " " missing)
  # Indented lines are printed as they are, neither filled nor broken.
  message(FATAL_ERROR "Libraries or tools are missing; on Debian or Ubuntu install them with\n"
                      "  apt-get install --no-install-recommends ${missing}")
endif()
