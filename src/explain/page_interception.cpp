#include "src/explain/pages.h"

namespace wxsec::explain {

PageSource page_interception() {
  return {"interception", "How is unencrypted data intercepted, and what is left to see with TLS?",
          R"page(
To intercept is to get a copy of packets that were meant for somebody else.
It takes no break-in: networks hand out copies all the time.

# Where the copy comes from

- Wi-Fi is radio. On an open network everybody hears everything; with a shared
  password everybody who has the password can.
- A switch has a mirror port for those who run it. Those who do not can send
  forged ARP answers, and the neighbours' traffic comes their way.
- Each router, proxy, VPN and mobile operator on the path sees it all.
- On the machine itself: any program with the right to capture.

The listener sends nothing, so nobody can notice. That is why "we have never
seen an attack" says nothing about interception.

# What a plain MQTT packet looks like

CONNECT, from the first byte on, as a capture shows it:

    0000  10 2a 00 04 4d 51 54 54  05 c2 00 3c 00 00 0c 73  .*..MQTT...<...s
    0010  74 61 74 69 6f 6e 2d 30  30 30 31 00 07 73 74 61  tation-0001..sta
    0020  74 69 6f 6e 00 06 73 65  63 72 65 74              tion..secret

10 is the packet type, MQTT the protocol, 05 its version, then the client
identifier, the user name and the password. No breaking of anything was
needed: the password is just there.

# The same with TLS

    0000  17 03 03 00 8a 5e 1f 6c  ...

17 says application data, 03 03 is for old middle boxes, 00 8a is the length.
What follows cannot be told from random bytes. What is still visible: the
addresses, the name in the ClientHello (SNI), times and lengths.

# The active kind: a man in the middle

Somebody on the path answers in the broker's place, speaks TLS with the
station with a certificate of his own, and TLS with the broker on the other
side. Encryption alone does not help, the station would just encrypt for the
wrong person. What helps is that he cannot show a certificate that is signed
by your CA and bears the broker's name. A station that checks both hangs up
before it has said a word. A client with --insecure, -k or verify=False keeps
talking to him.

# Try it

In one terminal listen, in two others start a network without TLS:

    sudo wxsec sniff -i lo
    wxsec broker run --insecure-lesson
    wxsec station run --count 3 --insecure-lesson

Without rights to capture, let the lab record. It has a network of its own, in
which everybody is root and which no sniffer outside it sees; read its files
afterwards, with wxsec or with tshark:

    wxsec lab --out /tmp/lab
    wxsec sniff -r /tmp/lab/plain.pcap --summary
    wxsec sniff -r /tmp/lab/tls.pcap --summary
    tshark -r /tmp/lab/plain.pcap -Y mqtt.msgtype==1 \
      -T fields -e mqtt.username -e mqtt.passwd

With the session's keys the second capture opens; without them it does not.
That is the lesson: the recording is worth nothing without the key.

    wxsec sniff -r /tmp/lab/tls.pcap --keylog /tmp/lab/tls.keys

Listen only where you may. In your own lab that is everywhere; in other
people's networks it is a crime in most countries.

Go on with: wxsec explain intrusion, wxsec explain tls
)page"};
}

}  // namespace wxsec::explain
