# -DYOLOLOSS_SANITIZE=address,undefined or thread instruments everything that is compiled.
set(YOLOLOSS_SANITIZE "" CACHE STRING "sanitizers, separated by commas; empty for none")
if(YOLOLOSS_SANITIZE)
  add_compile_options(-fsanitize=${YOLOLOSS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${YOLOLOSS_SANITIZE})
endif()
