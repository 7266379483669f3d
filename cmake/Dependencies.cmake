# Third parties, all from Debian. Why each is here, and what it costs to compile: CONTRIBUTING.md.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(PahoMqttCpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(PCAP REQUIRED IMPORTED_TARGET libpcap)

# Shared libraries cost whoever starts the program, also for what does not need them: a mapping, its
# relocations, a dozen page faults each. So toml++ and spdlog are compiled into the one file or two
# that use them, and libpcap is loaded by lib/capture/pcap_on_demand.cpp when it is needed.
add_library(wxsec_toml INTERFACE)
target_compile_definitions(wxsec_toml INTERFACE TOML_HEADER_ONLY=1)
target_include_directories(wxsec_toml SYSTEM INTERFACE
  $<TARGET_PROPERTY:tomlplusplus::tomlplusplus,INTERFACE_INCLUDE_DIRECTORIES>)
add_library(wxsec_pcap INTERFACE)
target_include_directories(wxsec_pcap SYSTEM INTERFACE ${PCAP_INCLUDE_DIRS})
target_link_libraries(wxsec_pcap INTERFACE ${CMAKE_DL_LIBS})
