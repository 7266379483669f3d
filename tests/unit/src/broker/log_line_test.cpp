#include "src/broker/log_line.h"

#include <doctest/doctest.h>

using namespace wxsec;

TEST_CASE("broker/log_line: the cryptic lines are explained, each in its own words") {
  // Lines of mosquitto 2.0.11, as they stood in its log.
  const auto cases = {
      std::pair{"OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed",
                "certs check"},
      std::pair{"OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate",
                "without a certificate"},
      std::pair{"OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version number", "plaintext"},
      std::pair{"OpenSSL Error[0]: error:0A000418:SSL routines::tlsv1 alert unknown ca", "ca.pem"},
      std::pair{"Client <unknown> disconnected, not authorised.", "wrong password"},
      std::pair{"Client station-0001 already connected, closing old connection.",
                "one certificate, one connection"},
      std::pair{"Error: Address already in use", "another program"},
  };
  for (const auto& [line, expected] : cases)
    CHECK_MESSAGE(broker::explain_log_line(line).find(expected) != std::string::npos, line);
}

TEST_CASE("broker/log_line: a stranger's line after OpenSSL's error is no second trouble") {
  broker::LogReader log;
  CHECK_FALSE(log.explain("OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a "
                          "certificate")
                  .empty());
  CHECK(log.explain("Client <unknown> disconnected: Protocol error.").empty());
  // Without such an error before it the line stands for itself.
  CHECK(log.explain("Client <unknown> disconnected due to protocol error.").find("not MQTT") !=
        std::string::npos);
}

TEST_CASE(
    "broker/log_line: whether a connection broke off in the handshake shows in the next line") {
  constexpr const char* kEof =
      "OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof "
      "while reading";
  broker::LogReader log;
  CHECK(log.explain(kEof).find("handshake") == std::string::npos);
  CHECK(log.explain("Client <unknown> closed its connection.").find("middle of the handshake") !=
        std::string::npos);
  static_cast<void>(log.explain(kEof));
  const std::string left = log.explain("Client operator closed its connection.");
  CHECK(left.find("without saying goodbye") != std::string::npos);
}

TEST_CASE("broker/log_line: a reload with other listeners is not taken for a typing error") {
  const std::string text = broker::explain_log_line(
      "Error: It is not currently possible to add/remove listeners when reloading the config "
      "file.");
  CHECK(text.find("does not change ports") != std::string::npos);
  CHECK(text.find("not understood") == std::string::npos);
}

TEST_CASE("broker/log_line: what a client chose to be called is not repeated") {
  const std::string text = broker::explain_log_line("Client \x1b[2Jevil closed its connection.");
  CHECK_FALSE(text.empty());
  CHECK(text.find("evil") == std::string::npos);
}

TEST_CASE("broker/log_line: ordinary lines need no explanation") {
  for (const char* line :
       {"mosquitto version 2.0.11 running", "New connection from 127.0.0.1:4711 on port 8883.",
        "Opening ipv4 listen socket on port 8883."})
    CHECK(broker::explain_log_line(line).empty());
}

TEST_CASE("broker/log_line: coming and going is told apart from trouble") {
  CHECK(broker::is_connection_line("New connection from 127.0.0.1:4711 on port 8883."));
  CHECK(broker::is_connection_line("Client station-0001 disconnected."));
  CHECK_FALSE(broker::is_connection_line("mosquitto version 2.0.11 running"));
  CHECK(broker::is_trouble("Client <unknown> disconnected, not authorised."));
  CHECK_FALSE(broker::is_trouble("Client station-0001 disconnected."));
}
