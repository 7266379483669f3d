// Findings about MQTT: who may connect to the broker, who may say what, and who else reads it.
#include <array>

#include "src/report/catalogue_families.h"

namespace wxsec::report {
namespace {

using S = Severity;
constexpr const char* kAuditFile = "wxsec broker check --conf /etc/mosquitto/mosquitto.conf";
constexpr const char* kAuditProcess = "wxsec broker check --pid $(pidof mosquitto)";
constexpr const char* kAttackPlain = "wxsec attack plaintext --broker {}";

constexpr std::array kEntries = {
    Entry{id::kPlainPublish, S::critical, "a stranger can publish readings over MQTT without TLS",
          "Without TLS the broker cannot know who is talking, and neither can anybody who uses the "
          "data. Whoever reaches the port invents weather: a forged storm, a hidden frost. The "
          "forged reading looks exactly like a real one to every subscriber.",
          "Remove the plaintext listener from mosquitto.conf (every `listener 1883`, and the "
          "default one that appears when no listener line exists), keep only `listener 8883` with "
          "cafile, certfile, keyfile and `require_certificate true`, then restart mosquitto. "
          "`wxsec broker config` writes such a file.",
          kAttackPlain},
    Entry{id::kPlainSubscribe, S::high, "a stranger receives readings over MQTT without TLS",
          "One subscription to # hands every topic of the network to whoever reaches the port: the "
          "measurements, where stations stand, when they fail, and commands sent to them. The "
          "broker logs one more client and nothing else.",
          "Close the plaintext listener and require client certificates; let an ACL name who may "
          "read what (`acl_file`, then `user operator` and `topic read wx/#`).",
          kAttackPlain},
    Entry{id::kPlainMqttServed, S::high, "the broker speaks MQTT without TLS",
          "Whoever connects here does it in the clear: the first honest client sends its user name "
          "and password, if any are asked for, readable to everybody on the path, and after that "
          "all its readings. A password protects nothing when it can be overheard.",
          "Remove the listener without certfile and keyfile from mosquitto.conf and move the "
          "clients to mqtts:// on 8883. While clients are being moved, bind the old listener to "
          "loopback: `listener 1883 127.0.0.1`.",
          kAttackPlain},
    Entry{id::kMqttPasswordInClear, S::critical, "an MQTT password crossed the wire in the clear",
          "CONNECT carries the user name and password as plain bytes (MQTT 5.0 section 3.1.3). "
          "Whoever captured this packet can log in as that client from anywhere, at any time, "
          "until the password is changed.",
          "Change that password now, since it must be taken as known. Then move the client to "
          "mqtts://, better with a certificate instead of a password, and close the plaintext "
          "listener.",
          "wxsec sniff -i lo --summary"},
    Entry{id::kReadingsInClear, S::high, "MQTT messages crossed the wire in the clear",
          "Topic and payload were readable to everybody on the path: the same Wi-Fi, a switch's "
          "mirror port, each router. What can be read on the way can be changed on the way too, "
          "because nothing in MQTT itself would notice.",
          "Move the client to mqtts:// (8883) and close the plaintext listener of the broker.",
          "wxsec sniff -i lo --summary"},
    Entry{id::kAnonymousClients, S::high, "the broker lets clients in without any name",
          "With anonymous access no ACL can tell one client from another, and no log says who "
          "sent a reading.",
          "Set `allow_anonymous false` in mosquitto.conf, before the first `listener` line, and "
          "name the clients by certificate (`use_identity_as_username true`).",
          kAttackPlain},
    Entry{id::kNoClientCertificate, S::high, "the broker accepts TLS clients without a certificate",
          "TLS then proves the broker to the client, but not the client to the broker. The line is "
          "secret, and yet anybody may be at the other end of it.",
          "Set `require_certificate true` and `use_identity_as_username true` below the TLS "
          "listener in mosquitto.conf, with `cafile` naming your own CA, then restart mosquitto.",
          "wxsec attack no-client-cert --broker {}"},
    Entry{id::kForeignClientCa, S::critical,
          "the broker accepts a client certificate of a CA that nobody here runs",
          "Anybody can create a CA and a certificate that says CN=station-0001. If the broker does "
          "not insist on your CA, the name in the certificate is only a claim.",
          "Let `cafile` in mosquitto.conf hold your own CA alone (not the system's bundle, no "
          "`capath` beside it) and set `require_certificate true`. Restart: a reload does not read "
          "cafile again.",
          "wxsec attack wrong-ca --broker {}"},
    Entry{id::kExpiredClientCertificate, S::high,
          "the broker accepts an expired client certificate",
          "Expiry is what limits the damage of a key that was lost without anybody noticing. If "
          "the date is not checked, each stolen station works for ever.",
          "Check the broker's clock first (`timedatectl`); mosquitto checks dates whenever "
          "`require_certificate true` is set. Remove whatever ends TLS in front of it without "
          "checking dates.",
          "wxsec attack expired --broker {}"},
    Entry{id::kRevokedClientCertificate, S::high, "the broker accepts a revoked client certificate",
          "A revocation that the broker does not look at changes nothing: the stolen station still "
          "publishes.",
          "Set `crlfile DIR/crl.pem` below the TLS listener in mosquitto.conf, keep that file "
          "fresh, and restart the broker so that open sessions end.",
          "wxsec attack revoked --broker {}"},
    Entry{id::kPublishAsOther, S::high, "a station may publish under another station's name",
          "One stolen or broken station can then speak for all of them, and the record does not "
          "show which one it was.",
          "Use `pattern write wx/%u/#` in the ACL file with `use_identity_as_username true`, and "
          "no `topic write wx/#` for stations.",
          kAuditFile},
    Entry{
        id::kReadOthers, S::medium, "a station may read what is not meant for it",
        "A station needs its own commands, not the network's data. Each right that it does not "
        "need is one that a thief of the station gets.",
        "Grant stations `pattern read wx/%u/cmd` only, and readers a `user` section of their own.",
        kAuditFile},
    Entry{id::kDefaultPassword, S::critical, "a well-known password opens the broker",
          "Lists of default passwords are the first thing that scanners try, within minutes after "
          "a port becomes reachable.",
          "Replace passwords by certificates, or set a long random one: `mosquitto_passwd FILE "
          "USER`, then reload with SIGHUP.",
          "wxsec attack plaintext --broker {}"},
    Entry{id::kReplayAccepted, S::high, "recorded bytes of an old session are accepted again",
          "Whoever recorded one reading can send it again whenever it suits: yesterday's calm "
          "weather during today's storm.",
          "Use TLS on every connection: fresh keys per session make recorded bytes worthless. "
          "Never offer 0-RTT on a port that accepts data.",
          "wxsec attack plaintext --broker {}"},
    Entry{id::kPlaintextOnTlsPort, S::high, "a client spoke in the clear to a TLS port",
          "The server hung up, but the harm was done by then: CONNECT had crossed the wire with "
          "its password, or the request with its token. Such a client keeps retrying, and each "
          "retry shows them again.",
          "Correct that client: mqtts:// instead of mqtt://, or --cafile for mosquitto_pub. Then "
          "change the password that it sent.",
          "wxsec sniff -i lo --summary"},
    Entry{id::kNoAcl, S::high, "the broker has no access list",
          "Every client that gets in may then publish and read everything: one stolen station "
          "speaks for the whole network.",
          "Add `acl_file FILE` to mosquitto.conf with `pattern write wx/%u/#` for stations and "
          "`user` sections for readers. `wxsec broker config` writes both files.",
          kAuditFile},
    Entry{id::kPasswordFilePlain, S::high, "the broker's password file holds passwords unhashed",
          "Whoever reads a backup of that file has every password at once. Mosquitto also ignores "
          "such entries, so the clients are refused (reason code 5) for no visible cause.",
          "Hash it in place: `mosquitto_passwd -U FILE`, mode 0600, owner mosquitto. Then change "
          "the passwords that lay there.",
          kAuditFile},
    Entry{id::kNoLimits, S::low, "the broker sets no limits on size, queue or memory",
          "One client, broken or hostile, can then fill memory or disk until nobody is served.",
          "Set message_size_limit 8192, max_packet_size 16384, max_queued_messages 100, "
          "max_connections, max_keepalive 120 and memory_limit in mosquitto.conf; those that "
          "belong to a listener come after its `listener` line.",
          kAuditFile},
    Entry{id::kNoCrl, S::medium, "the broker does not look at a revocation list",
          "A stolen station's certificate stays good until it expires, and nothing short of a new "
          "CA can stop it.",
          "Set `crlfile DIR/crl.pem` below the TLS listener in mosquitto.conf and have the CA "
          "write a fresh list before its nextUpdate.",
          kAuditFile},
    Entry{id::kBrokerAsRoot, S::medium, "the broker keeps running as root",
          "A flaw in the broker then owns the machine, not only the broker.",
          "Remove `user root` from mosquitto.conf (the default user is mosquitto) and give the "
          "group mosquitto read access to the key: `wxsec certs init --group mosquitto`.",
          "ps -o user= -C mosquitto"},
    Entry{id::kUnnoticedListener, S::critical,
          "the broker opens a plaintext listener that the configuration does not name",
          "In mosquitto 2.0 a listener option such as max_connections before the first `listener` "
          "line silently opens the default listener: port 1883, all interfaces, no TLS. The file "
          "looks hardened while the door stands open.",
          "Move max_connections, max_qos, use_username_as_clientid, bind_address, bind_interface "
          "and socket_domain below the `listener` line they belong to, then compare with `ss "
          "-ltnp`.",
          kAuditProcess},
    Entry{id::kWebsocketEverywhere, S::medium, "a WebSocket listener ignores its bind address",
          "Mosquitto 2.0.11 binds WebSocket listeners to all interfaces, whatever address stands "
          "in the `listener` line: what was meant for this machine is open to the network.",
          "Block the port from outside with the firewall, or put a TLS proxy in front and close "
          "the WebSocket listener.",
          kAuditProcess},
};

}  // namespace

std::span<const Entry> mqtt_entries() { return kEntries; }

}  // namespace wxsec::report
