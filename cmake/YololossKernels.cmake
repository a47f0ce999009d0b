# Compiles cuda/kernels/*.cu by nvcc into one fatbin, kernels.fatbin: machine code for each of YOLOLOSS_CUDA_ARCHITECTURES, and PTX of the last
# for devices to come. kernels.properties beside it says what is in there and which driver it needs. Both are installed to `kernels`.
#
# Not CMake's language CUDA: it knows no fatbin, and it tries a host program, for which a toolkit may lack the libraries.
# Without nvcc the rest is built all the same; kernels-left-out.txt in the build's folder then says why.
set(YOLOLOSS_CUDA_ARCHITECTURES
    75 80 86 89 90 100 120
    CACHE STRING "compute capabilities of the kernels, 90 for 9.0, ascending; none leaves the kernels out")

# The driver of each major version of CUDA: machine code of any nvcc of that version runs on it.
set(yololoss_driver_of_cuda_13 580)

function(yololoss_why_no_kernels nvcc version result)
  string(REGEX MATCH "^[0-9]+" major "${version}")
  if(YOLOLOSS_CUDA_ARCHITECTURES STREQUAL "none")
    set(reason "no architectures are asked for")
  elseif(NOT nvcc)
    set(reason "there is no nvcc (needed is CUDA 13.0; a toolkit outside the path is found by the variable CUDACXX)")
  elseif(NOT version)
    set(reason "${nvcc} does not say its version")
  elseif(version VERSION_LESS 13.0)
    set(reason "${nvcc} is of CUDA ${version}; needed is 13.0")
  elseif(NOT DEFINED yololoss_driver_of_cuda_${major})
    set(reason "${nvcc} is of CUDA ${version}, whose driver cmake/YololossKernels.cmake does not know; add it there")
  endif()
  set(${result} "${reason}" PARENT_SCOPE)
endfunction()

find_program(YOLOLOSS_NVCC NAMES $ENV{CUDACXX} nvcc HINTS $ENV{CUDA_PATH}/bin $ENV{CUDA_HOME}/bin /usr/local/cuda/bin)
set(yololoss_nvcc_version "")
if(YOLOLOSS_NVCC)
  execute_process(COMMAND ${YOLOLOSS_NVCC} --version OUTPUT_VARIABLE text ERROR_QUIET)
  if(text MATCHES "V([0-9]+\\.[0-9]+\\.[0-9]+)")
    set(yololoss_nvcc_version ${CMAKE_MATCH_1})
  endif()
endif()
yololoss_why_no_kernels("${YOLOLOSS_NVCC}" "${yololoss_nvcc_version}" reason)
if(reason)
  message(STATUS "CUDA is not built in: ${reason}")
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/kernels-left-out.txt "${reason}")
  return()
endif()
file(REMOVE ${CMAKE_CURRENT_BINARY_DIR}/kernels-left-out.txt)

file(GLOB kernels CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/kernels/*.cu)
set(text "// All kernels, so that each is compiled once for each architecture.\n")
foreach(kernel ${kernels})
  string(APPEND text "#include \"${kernel}\"\n")
endforeach()
set(folder ${CMAKE_CURRENT_BINARY_DIR}/kernels)
file(CONFIGURE OUTPUT ${folder}/kernels.cu CONTENT "${text}" @ONLY)

# Decisions are made in double and must not depend on whether a compiler contracts a*b+c. The seed makes names of internals the same in
# every build.
set(flags -std=c++20 -fmad=false -frandom-seed=yololoss -Werror all-warnings -I${CMAKE_CURRENT_SOURCE_DIR}/include
    -I${CMAKE_CURRENT_SOURCE_DIR}/kernels)
set(code "")
foreach(architecture ${YOLOLOSS_CUDA_ARCHITECTURES})
  list(APPEND code -gencode arch=compute_${architecture},code=sm_${architecture})
endforeach()
list(GET YOLOLOSS_CUDA_ARCHITECTURES -1 newest)
list(APPEND code -gencode arch=compute_${newest},code=compute_${newest})

string(REGEX MATCH "^[0-9]+" major ${yololoss_nvcc_version})
string(REPLACE ";" "," machine "${YOLOLOSS_CUDA_ARCHITECTURES}")
set(driver ${yololoss_driver_of_cuda_${major}})
set(digest @digest@)  # known when the fatbin is
configure_file(${CMAKE_CURRENT_LIST_DIR}/kernels.properties.in ${folder}/kernels.properties.in @ONLY)

add_custom_command(
  OUTPUT ${folder}/kernels.fatbin ${folder}/kernels.properties
  # --threads 0: as many architectures at a time as there are processors
  COMMAND ${YOLOLOSS_NVCC} ${flags} ${code} --threads 0 --compress-mode=size -fatbin -MD -MF ${folder}/kernels.d -MT ${folder}/kernels.fatbin
          -o ${folder}/kernels.fatbin ${folder}/kernels.cu
  COMMAND ${CMAKE_COMMAND} -D FATBIN=${folder}/kernels.fatbin -D TEMPLATE=${folder}/kernels.properties.in
          -D PROPERTIES=${folder}/kernels.properties -P ${CMAKE_CURRENT_LIST_DIR}/WriteKernelProperties.cmake
  DEPENDS ${folder}/kernels.cu ${folder}/kernels.properties.in ${CMAKE_CURRENT_LIST_DIR}/WriteKernelProperties.cmake
  DEPFILE ${folder}/kernels.d
  COMMENT "Compiling kernels for ${machine}"
  VERBATIM)
add_custom_target(yololoss_kernels ALL DEPENDS ${folder}/kernels.fatbin ${folder}/kernels.properties)
install(FILES ${folder}/kernels.fatbin ${folder}/kernels.properties DESTINATION kernels)

# What ptxas says of registers, spills and shared memory, for 9.0.
add_custom_target(
  ptxas-report
  COMMAND ${CMAKE_COMMAND} -D "COMPILE=${YOLOLOSS_NVCC};${flags}" -D VERSION=${yololoss_nvcc_version} -D FOLDER=${folder}
          -D RESULTS=${CMAKE_CURRENT_SOURCE_DIR}/../benchmarks/results -P ${CMAKE_CURRENT_LIST_DIR}/ReportRegisters.cmake
  VERBATIM)
