# One target per folder of lib. A target's own folder is reachable only through a directory that
# holds a single link to it, so `#include <event/record.hpp>` compiles exactly where the target
# `event` is linked, directly or through what is linked: the link graph is the architecture.

# Warnings, linker and hardening flags that every target of ours shares.
add_library(weir_flags INTERFACE)
target_compile_options(weir_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
  -Woverloaded-virtual -Wimplicit-fallthrough -Wextra-semi -Wdouble-promotion)
target_link_options(weir_flags INTERFACE $<$<CXX_COMPILER_ID:Clang>:-fuse-ld=lld>)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(weir_flags INTERFACE
    -fstack-protector-strong -fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  target_link_options(weir_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()

# weir_library(NAME LINKS target...): the static library of this folder.
function(weir_library name)
  cmake_parse_arguments(arg "" "" "LINKS;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(gate ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${gate})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${gate}/${name} SYMBOLIC)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${gate})
    target_link_libraries(${name} PUBLIC weir_flags ${arg_LINKS} PRIVATE ${arg_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${gate})
    target_link_libraries(${name} INTERFACE weir_flags ${arg_LINKS} ${arg_PRIVATE})
  endif()
endfunction()
