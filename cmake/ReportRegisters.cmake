# Writes to RESULTS what ptxas says of each kernel for compute capability 9.0: a table, then its own words. COMPILE is nvcc with its flags,
# VERSION nvcc's, FOLDER where kernels.cu is. Fails if a function of the dense pass spills.
execute_process(
  COMMAND ${COMPILE} -gencode arch=compute_90,code=sm_90 -Xptxas -v -cubin -o ${FOLDER}/kernels-9.0.cubin ${FOLDER}/kernels.cu
  RESULT_VARIABLE status
  ERROR_VARIABLE said
  OUTPUT_VARIABLE said)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${said}")
endif()

string(REGEX REPLACE "[^\n]*Compile time[^\n]*\n" "" said "${said}")
find_program(demangle c++filt)
if(demangle)
  file(WRITE ${FOLDER}/ptxas.txt "${said}")
  execute_process(COMMAND ${demangle} INPUT_FILE ${FOLDER}/ptxas.txt OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
endif()

# Every slot of a tensor goes through these, so none of them may spill.
set(dense_pass "^yolo_loss|^search_ignored|dense_part|dense_block|dense_cells|single_cells|apply_ignore_rule|search_tile|exact_iou")
string(APPEND dense_pass "|look_closer|special_slots|finish_specials|elsewhere_factors")
set(dense_functions "")
set(spilling "")

# "Compiling entry function 'name'"; the kernel's frame and spills; "Used n registers, ..."; then the same of each function that it calls.
string(REPLACE "\n" ";" lines "${said}")
foreach(line ${lines})
  if(line MATCHES "Compiling entry function '([^']*)'")
    set(kernel ${CMAKE_MATCH_1})
    set(part own)
    list(APPEND kernels ${kernel})
    foreach(number registers stack shared own_stores own_loads called_stores called_loads)
      set(${kernel}_${number} 0)
    endforeach()
  elseif(line MATCHES "Function properties for (.*)")
    set(function "${CMAKE_MATCH_1}")
  elseif(line MATCHES "([0-9]+) bytes spill stores, ([0-9]+) bytes spill loads")
    set(stores ${CMAKE_MATCH_1})
    set(loads ${CMAKE_MATCH_2})
    math(EXPR ${kernel}_${part}_stores "${${kernel}_${part}_stores} + ${stores}")
    math(EXPR ${kernel}_${part}_loads "${${kernel}_${part}_loads} + ${loads}")
    if(function MATCHES "${dense_pass}")
      list(APPEND dense_functions "${function}")
      if(stores GREATER 0 OR loads GREATER 0)
        string(APPEND spilling "\n${function}: ${stores} bytes stored, ${loads} loaded")
      endif()
    endif()
  elseif(line MATCHES "Used ([0-9]+) registers")
    set(part called)
    set(${kernel}_registers ${CMAKE_MATCH_1})
    if(line MATCHES "([0-9]+) bytes cumulative stack")
      set(${kernel}_stack ${CMAKE_MATCH_1})
    endif()
    if(line MATCHES "([0-9]+) bytes smem")
      set(${kernel}_shared ${CMAKE_MATCH_1})
    endif()
  endif()
endforeach()
if(NOT kernels)
  message(FATAL_ERROR "ptxas has named no kernel:\n${said}")
endif()

foreach(needed dense_block dense_cells apply_ignore_rule search_tile)
  if(NOT dense_functions MATCHES "${needed}")
    message(FATAL_ERROR "ptxas has named no ${needed}: is it called something else now?")
  endif()
endforeach()

set(spaces "                        ")
function(append_right line value)
  string(LENGTH "${value}" length)
  math(EXPR missing "12 - ${length}")
  string(SUBSTRING "${spaces}" 0 ${missing} padding)
  set(${line} "${${line}}${padding}${value}" PARENT_SCOPE)
endfunction()

set(table "${spaces}   registers       stack      shared      spills stored, loaded     in functions called
")
list(SORT kernels)
foreach(kernel ${kernels})
  string(LENGTH ${kernel} length)
  math(EXPR missing "24 - ${length}")
  string(SUBSTRING "${spaces}" 0 ${missing} padding)
  set(row "${kernel}${padding}")
  foreach(number registers stack shared own_stores own_loads called_stores called_loads)
    append_right(row ${${kernel}_${number}})
  endforeach()
  string(APPEND table "${row}\n")
endforeach()

set(verdict none)
if(spilling)
  set(verdict "${spilling}")
endif()
string(TIMESTAMP date "%Y-%m-%d")
set(report ${RESULTS}/${date}-nvcc-${VERSION}-ptxas-9.0.txt)
file(
  WRITE ${report}
  "What each kernel uses on compute capability 9.0: nvcc ${VERSION}, -Xptxas -v, ${date}.
Bytes: stack and spills a thread, shared memory a block. Made by the CMake target ptxas-report.

${table}
Functions of the dense pass that spill: ${verdict}

${said}")
message(STATUS "${report}\n${table}")
if(spilling)
  message(FATAL_ERROR "The dense pass spills:${spilling}")
endif()
