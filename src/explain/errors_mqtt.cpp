// What mosquitto writes into its log, what mosquitto_pub and mosquitto_sub print, and Paho's texts.
#include <array>

#include "src/explain/error_tables.h"

namespace wxsec::explain {
namespace {

constexpr const char* kBroker = "mosquitto's log";
constexpr const char* kClients = "mosquitto_pub and mosquitto_sub";

constexpr std::array kErrors = {
    KnownError{
        "mqtt-bad-login", "bad user name or password|bad username or password|rc=4|reason code 134",
        "every MQTT client", "the broker refused the user name or the password (code 4 or 0x86)",
        "Wrong password, no such user, or the password file has entries that are not hashed "
        "and were therefore ignored.",
        "Set it again: `mosquitto_passwd FILE USER`, then SIGHUP. Better: certificates "
        "instead of passwords."},
    KnownError{"mqtt-not-authorised",
               "not authorised|not authorized|rc=5|reason code 135|reason code 0x87",
               "every MQTT client, and mosquitto's log",
               "the broker knows who we are (or that we are nobody) and says no (code 5 or 0x87)",
               "At connection: allow_anonymous is false and no name was given, or the password is "
               "wrong (mosquitto answers 5 for that too). At publish or subscribe: the access list "
               "has no line for this user and topic.",
               "Give the login or the certificate. For topics look at `acl_file`: with "
               "`use_identity_as_username true` the user is the certificate's CN, and `pattern "
               "write wx/%u/#` lets it write below its own name."},
    KnownError{"mqtt-identifier-rejected", "identifier rejected|rc=2|client identifier not valid",
               "every MQTT client", "the broker refused the client identifier",
               "Empty with a persistent session, too long for an old broker, or not equal to the "
               "user name where the broker insists on that (use_username_as_clientid).",
               "Use the certificate's CN as client identifier, for example -i station-0001."},
    KnownError{
        "mqtt-protocol-version", "unacceptable protocol version|unsupported protocol version|rc=1 ",
        "every MQTT client", "the broker does not speak this MQTT version",
        "MQTT 5 was asked of a broker (or listener) that speaks 3.1.1 only.", "Try -V mqttv311."},
    KnownError{
        "mosquitto-key-unreadable", "Unable to load server key file|Check keyfile", kBroker,
        "the broker cannot read its private key",
        "Mosquitto drops to the user mosquitto, and that user may not read the file, nor "
        "pass one of the directories above it (/etc/letsencrypt/live is closed). Or the key "
        "has a passphrase.",
        "`sudo -u mosquitto head -c1 FILE` shows at which directory it ends. Give the group: "
        "`wxsec certs init --group mosquitto`, modes 0640 and 0750."},
    KnownError{"mosquitto-cert-unreadable", "Unable to load server certificate|Check certfile",
               kBroker, "the broker cannot load its certificate",
               "Wrong path, no permission, or the file is not PEM.",
               "`certfile` must be fullchain.pem, readable for the user mosquitto."},
    KnownError{"mosquitto-ca-unreadable", "Unable to load CA certificates|Check cafile", kBroker,
               "the CA file cannot be loaded", "Wrong path, no permission, empty, or not PEM.",
               "`cafile` (broker) or --cafile (client) must be DIR/ca.pem."},
    KnownError{"mosquitto-tls-options", "Problem setting TLS options", kClients,
               "a file named on the command line is not there",
               "--cafile, --cert or --key names a file that does not exist or cannot be read.",
               "Check the three paths; `current` in them is a link."},
    KnownError{"mosquitto-local-only", "Starting in local only mode", kBroker,
               "no listener is configured, so only this machine may connect",
               "Since 2.0 mosquitto without a `listener` line serves 127.0.0.1:1883 alone, without "
               "TLS.",
               "Write a configuration: `wxsec broker config`."},
    KnownError{"address-in-use", "Address already in use|EADDRINUSE", "every server",
               "another program has this port",
               "Often Debian's own mosquitto service, started at installation.",
               "`ss -ltnp` shows who. `sudo systemctl stop mosquitto`, or choose another port."},
    KnownError{"mosquitto-session-taken", "already connected, closing old connection", kBroker,
               "two clients use the same client identifier",
               "The second one throws the first one out, which comes back and does the same: both "
               "flap. Or a station came back before the broker noticed that it was gone, which is "
               "harmless.",
               "One identifier per client. With use_username_as_clientid it follows from the "
               "certificate: then one certificate is used twice, which should worry you."},
    KnownError{"mosquitto-timeout", "exceeded timeout, disconnecting", kBroker,
               "a client was silent for one and a half keepalive intervals",
               "It lost power or network, or its program hangs.",
               "Nothing at the broker. Its last will has been published."},
    KnownError{"mosquitto-denied", "Denied PUBLISH", kBroker,
               "the access list threw a message away",
               "The client has no write right on this topic. An MQTT 3.1.1 client has been told "
               "that all is well.",
               "If it was right to send it: add the topic for that user to `acl_file`, then "
               "SIGHUP."},
    KnownError{"mosquitto-protocol-error", "due to protocol error|Protocol error",
               "mosquitto and its clients", "what arrived is not MQTT",
               "A web browser or TLS client on the plain port, a packet over max_packet_size, or a "
               "scanner.",
               "See who it was in the `New connection from` line before."},
    KnownError{"mosquitto-socket-error", "Socket error on client", kBroker,
               "the connection broke before or after login",
               "With <unknown> as client: it never got as far as CONNECT. On a TLS port that is a "
               "failed handshake (the line before says which) or a client that refused our "
               "certificate.",
               "Look at the OpenSSL line next to it, and explain that."},
    KnownError{
        "mosquitto-groups", "Error setting groups whilst dropping privileges", kBroker,
        "mosquitto may not change its user here",
        "It was started as root inside a user namespace or container that has no other user.",
        "Write `user root` into this configuration (there it is not the real root), or run "
        "it as an ordinary user."},
    KnownError{"mosquitto-unknown-variable",
               "Unknown configuration variable|Invalid bridge|"
               "Error found at",
               kBroker, "a line of mosquitto.conf is not understood",
               "A typing error, or an option of a newer mosquitto. The message has file and line.",
               "`man mosquitto.conf` of this version; `wxsec broker config` writes one that 2.0.11 "
               "takes."},
    KnownError{"a-tls-error-occurred", "A TLS error occurred", kClients,
               "the handshake failed, and the tool does not say why",
               "Wrong CA, wrong host name, missing client certificate, or TLS on a plaintext port: "
               "all four look the same here.",
               "Ask for the reason: `wxsec certs inspect mqtts://HOST:8883 --ca ca.pem`, or repeat "
               "with -d and read the broker's log."},
    KnownError{"mqtt-connection-lost", "The connection was lost|MQTT_ERR_CONN_LOST|rc=7", kClients,
               "the broker hung up right after the connection stood",
               "With TLS 1.3 this is how a refused or missing client certificate looks. Also: a "
               "plain client on a TLS port, or the same client identifier used twice.",
               "Give --cert and --key; try with --tls-version tlsv1.2, which shows the alert "
               "earlier; read the broker's log."},
    KnownError{"paho-connect-failure",
               "TCP/TLS connect failure|TCP connect timeout|MQTT error [-1]", "Paho",
               "connecting failed, and Paho has one text for every reason",
               "Nobody listens, wrong CA, wrong host name, a key file that is not there.",
               "`wxsec station run` makes a handshake of its own first and names the reason; or "
               "`wxsec certs inspect mqtts://HOST:8883`."},
    KnownError{"paho-ssl-unsupported", "SSL is not supported by this version", "Paho",
               "the program is linked with Paho's library without TLS",
               "libpaho-mqtt3a instead of libpaho-mqtt3as.", "Link the variant with the s."},
    KnownError{"paho-inflight", "Max messages inflight|No more messages can be buffered", "Paho",
               "messages are produced faster than the broker acknowledges them",
               "The broker is gone or slow, and the queue is full.",
               "Wait for acknowledgements before sending more; look whether the broker is up."},
};

}  // namespace

std::span<const KnownError> mqtt_errors() { return kErrors; }

}  // namespace wxsec::explain
