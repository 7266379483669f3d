"""Fetches pages in one headless Chromium: chromium_loads.py PROFILE_DIR < URLS. Prints for each "URL TEXT" if it came, else
"URL net::ERR_..." as Chromium names it. Speaks the DevTools protocol over its two pipes (messages of JSON, ended by a zero byte).
HOME decides which certificates are trusted; every name below wx.test and bank.example.com is 127.0.0.1."""
import json
import os
import signal
import subprocess
import sys

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server", "--no-first-run", "--disable-dev-shm-usage",
             "--disable-background-networking", "--remote-debugging-pipe", "--disable-features=LocalNetworkAccessChecks",
             "--host-resolver-rules=MAP *.wx.test 127.0.0.1, MAP bank.example.com 127.0.0.1"]


class Browser:
    def __init__(self, profile):
        to_browser, self.to = os.pipe()
        self.came, from_browser = os.pipe()

        def wire():  # Chromium reads from descriptor 3 and writes to 4
            spare = [os.dup(to_browser), os.dup(from_browser)]
            os.dup2(spare[0], 3)
            os.dup2(spare[1], 4)

        self.process = subprocess.Popen(["chromium", *ARGUMENTS, f"--user-data-dir={profile}", "about:blank"], preexec_fn=wire,
                                        close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.rest, self.number = b"", 0
        self.urls, self.errors = {}, {}

    def message(self):
        while b"\0" not in self.rest:
            more = os.read(self.came, 65536)
            if not more:
                sys.exit("chromium has gone")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, session=None, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                return answer.get("result", answer)
            self.note(answer.get("method"), answer.get("params"))

    def note(self, event, facts):
        if event == "Network.requestWillBeSent":
            self.urls[facts["requestId"]] = facts["request"]["url"]
        elif event == "Network.loadingFailed":
            self.errors[self.urls[facts["requestId"]]] = facts["errorText"]

    def close(self):
        self.call("Browser.close")
        self.process.wait(20)


# A text for what came, "" for what did not.
FETCH = """Promise.all(%s.map(url => fetch(url, {cache: 'no-store'}).then(answer => answer.text()).catch(() => '')))"""


def main():
    signal.alarm(120)
    browser = Browser(sys.argv[1])
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    page = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    browser.call("Network.enable", page)
    urls = sys.stdin.read().split()
    for at in range(0, len(urls), 40):
        some = urls[at:at + 40]
        answer = browser.call("Runtime.evaluate", page, expression=FETCH % json.dumps(some), awaitPromise=True, returnByValue=True)
        for url, text in zip(some, answer["result"]["value"]):
            print(url, text or browser.errors.get(url, "no error told"), flush=True)
    browser.close()


main()
