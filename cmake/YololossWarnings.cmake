# Warnings are errors.
function(yololoss_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wdouble-promotion -Werror)
endfunction()
