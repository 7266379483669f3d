"""Many TLS servers in one process: tls_shelf.py < LIST, whose lines are "NAME ADDRESS FOLDER" (fullchain.pem and privkey.pem in it).
Prints "NAME PORT" for each, then "ready"; serves NAME as a page until it is killed. Handshakes that fail are told on
stderr with their NAME."""
import selectors
import socket
import ssl
import sys
import threading


def listen(address, folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/fullchain.pem", f"{folder}/privkey.pem")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, 0), family=family, backlog=16), context


def answer(name, connection, context):
    page = (f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n"
            f"Content-Length: {len(name)}\r\n\r\n{name}").encode()
    connection.settimeout(30)
    try:
        with context.wrap_socket(connection, server_side=True) as tls:
            if tls.recv(65536):
                tls.sendall(page)
    except OSError as error:  # ssl.SSLError is one
        print(f"{name}: {error}", file=sys.stderr, flush=True)
    finally:
        connection.close()


def main():
    waiting = selectors.DefaultSelector()
    for line in sys.stdin.read().splitlines():
        name, address, folder = line.split()
        server, context = listen(address, folder)
        waiting.register(server, selectors.EVENT_READ, (name, context))
        print(name, server.getsockname()[1], flush=True)
    print("ready", flush=True)
    while True:
        for key, _ in waiting.select():
            name, context = key.data
            threading.Thread(target=answer, args=(name, key.fileobj.accept()[0], context), daemon=True).start()


main()
