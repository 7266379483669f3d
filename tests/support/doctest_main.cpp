// The main of every doctest program. As cmd/main.cpp does, it keeps a proxy of the environment away
// from Paho, which would use it for MQTT.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

int main(int argc, char** argv) {
  ::unsetenv("http_proxy");
  ::unsetenv("https_proxy");
  return doctest::Context(argc, argv).run();
}
