# What is installed where, and the Debian package made of it (cpack -G DEB in a build directory).
# Manual pages and completion are printed by the binary itself, from the texts of its --help.
if(NOT TARGET wxsec)
  return()
endif()
install(TARGETS wxsec RUNTIME)

if(NOT CMAKE_CROSSCOMPILING)
  set(texts ${PROJECT_BINARY_DIR}/texts)
  add_custom_command(OUTPUT ${texts}/stamp
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${texts}
    COMMAND wxsec man --all ${texts}/man1
    COMMAND wxsec completion bash > ${texts}/wxsec
    COMMAND ${CMAKE_COMMAND} -E touch ${texts}/stamp
    DEPENDS wxsec VERBATIM)
  add_custom_target(wxsec_texts ALL DEPENDS ${texts}/stamp)
  install(DIRECTORY ${texts}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
  install(FILES ${texts}/wxsec DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endif()

install(DIRECTORY certs/profiles DESTINATION ${CMAKE_INSTALL_DATADIR}/wxsec
  OPTIONAL FILES_MATCHING PATTERN "*.toml")
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL USE_SOURCE_PERMISSIONS)
install(FILES CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
# Where systemd looks, whatever the architecture's library directory is called.
file(GLOB units CONFIGURE_DEPENDS
  examples/systemd/*.service examples/systemd/*.timer examples/systemd/*.path)
install(FILES ${units} DESTINATION lib/systemd/system)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME wxsec)
set(CPACK_PACKAGE_CONTACT "the wxsec authors <wxsec@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "certificates and security for weather networks")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Issues and renews certificates, secures and supervises a Mosquitto broker and an HTTPS API,
simulates weather stations, reads what is on the wire, and attacks one's own set-up to show
what holds.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS libpcap0.8)  # loaded when it is needed, so nobody finds it by itself
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS mosquitto)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "certbot, mosquitto-clients, tshark")
include(CPack)
