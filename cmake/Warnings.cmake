# The warnings of every target, and what a release is hardened with.
add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnull-dereference -Wformat=2 -Wimplicit-fallthrough -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wduplicated-cond -Wlogical-op -Wuseless-cast)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    add_compile_options(-Wno-restrict)  # false alarms on std::string at -O2 and up: gcc bug 105651
  endif()
endif()

if(WXSEC_SANITIZE)
  add_compile_options(-fsanitize=${WXSEC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WXSEC_SANITIZE})
elseif(CMAKE_BUILD_TYPE MATCHES "^Rel")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -D_GLIBCXX_ASSERTIONS)
  add_link_options(-Wl,-z,relro,-z,now)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # At -O3 gcc 12 raises these inside libstdc++'s own vector and string: shown, but no error.
    add_compile_options(-Wno-error=null-dereference -Wno-error=array-bounds)
  endif()
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)  # -fPIE -pie
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES CXX)
endif()

if(WXSEC_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # the libraries must tell the fuzzer where it got to
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
