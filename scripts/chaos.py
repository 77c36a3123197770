#!/usr/bin/env python3
"""Kills parts of a running set under load and proves that nothing acknowledged is lost.

Owns: writers that tag each note, readers that never look away, the faults, the final count. Usage:
chaos.py RUN_DIR BASE_URL USERS, with the users' password in CHAOS_PASSWORD (users chaos1 … chaosN).
Refuses: to repair anything. The supervisor brings the dead back, the service and its clients cope; exit code 1 if not.

What is proven, per fault:
  instances killed (SIGKILL), instances stopped (SIGTERM), Redis killed: no read fails at any moment
  MariaDB killed: reads may be refused while it is away, and go on when it is back
and over all: each write is acknowledged in the end (a failed one is sent again with the same Idempotency-Key), each
acknowledged note is there, none is there twice; a dead instance serves again within two seconds.
"""

import collections
import http.client
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid
from pathlib import Path

WRITE_PAUSE_S = 0.02
READ_PAUSE_S = 0.01
GIVE_UP_S = 60
BACK_WITHIN_S = 2.0
SETTLE_S = 1.5

run_dir, base, users = Path(sys.argv[1]), urllib.parse.urlsplit(sys.argv[2]), int(sys.argv[3])
if base.hostname not in ("127.0.0.1", "localhost", "::1"):
    sys.exit("chaos is for this machine only")
ports = dict(line.split("=", 1) for line in (run_dir / "ports.env").read_text().splitlines())
instances = int(ports["INSTANCES"])


class Client:
    """One keep-alive connection with one user's token; a failure is an answer with status 0."""

    def __init__(self, token=None, port=base.port):
        self.token, self.port, self.line = token, port, None

    def send(self, method, path, body=None, headers=()):
        headers = {"Content-Type": "application/json", **dict(headers)}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            self.line = self.line or http.client.HTTPConnection(base.hostname, self.port, timeout=15)
            self.line.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = self.line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            if self.line:
                self.line.close()
            self.line = None
            return 0, repr(error).encode()


class Ledger:
    """What happened, by phase. Threads only add to it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.phase = "calm"
        self.counts = collections.defaultdict(collections.Counter)
        self.acknowledged = collections.defaultdict(set)
        self.failed_reads = []
        self.lost_writes = []
        self.sent_again = []

    def add(self, what, n=1):
        with self.lock:
            self.counts[self.phase][what] += n


ledger = Ledger()
stopping = threading.Event()


def sign_in(n):
    body = {"login": f"chaos{n}", "password": os.environ["CHAOS_PASSWORD"]}
    status, answer = Client().send("POST", "/api/v1/auth/login?transport=body", body)
    if status != 200:
        sys.exit(f"chaos{n} cannot sign in: {status} {answer.decode(errors='replace')}")
    return json.loads(answer)["access_token"]


def write(user, token, run):
    client, seq = Client(token), 0
    while not stopping.is_set():
        seq += 1
        title, key, started = f"{run} {user} {seq}", {"Idempotency-Key": str(uuid.uuid4())}, time.monotonic()
        while True:
            status, answer = client.send("POST", "/api/v1/notes", {"title": title, "body": "chaos"}, key.items())
            if status == 201:
                ledger.add("written")
                ledger.acknowledged[user].add(title)
                break
            ledger.add("sent again")
            ledger.sent_again.append((ledger.phase, status, answer[:200]))
            if 400 <= status < 500 and status not in (409, 429) or time.monotonic() - started > GIVE_UP_S:
                ledger.lost_writes.append((ledger.phase, title, status, answer[:200]))
                break
            time.sleep(0.05)
        time.sleep(WRITE_PAUSE_S)


def read(token):
    client, paths = Client(token), ["/api/v1/notes?limit=20"]
    while not stopping.is_set():
        for path in paths:
            phase = ledger.phase
            status, answer = client.send("GET", path)
            ledger.add("read")
            if status != 200:
                ledger.add("reads failed")
                ledger.failed_reads.append((phase, path, status, answer[:200]))
            elif "?" in path:
                paths = [path] + [f"/api/v1/notes/{item['id']}" for item in json.loads(answer)["items"][:4]]
            time.sleep(READ_PAUSE_S)


def supervise(*words):
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("supervise.py")), str(run_dir), *words],
        check=True, capture_output=True, text=True,
    )
    return {entry["name"]: entry for entry in map(json.loads, done.stdout.splitlines())}


def serving(name, written_before):
    """An instance serves when it says so; a store does when every writer has had a note accepted since."""
    if name.startswith("satchel-"):
        return Client(port=int(ports["PORT"]) + int(name.rpartition("-")[2])).send("GET", "/health")[0] == 200
    return written() >= written_before + 2 * users


def written():
    return sum(counts["written"] for counts in list(ledger.counts.values()))


def hit(name, signal_name):
    """Signals a service and waits until another process of it serves. Returns the seconds that took."""
    before = supervise("status")[name]["pid"]
    supervise("signal", name, signal_name)
    started, restarted = time.monotonic(), None
    while time.monotonic() - started < GIVE_UP_S:
        if restarted is None:
            now = supervise("status")[name]
            restarted = written() if now["state"] == "running" and now["pid"] != before else None
        elif serving(name, restarted):
            return time.monotonic() - started
        time.sleep(0.02)
    return float("inf")


def all_notes(token):
    client, titles, cursor = Client(token), collections.Counter(), ""
    while True:
        status, answer = client.send("GET", f"/api/v1/notes?limit=200{cursor}")
        if status != 200:
            sys.exit(f"the notes cannot be counted: {status} {answer.decode(errors='replace')}")
        page = json.loads(answer)
        titles.update(item["title"] for item in page["items"])
        if not page["next_cursor"]:
            return titles
        cursor = "&cursor=" + urllib.parse.quote(page["next_cursor"])


def phases():
    names = [f"satchel-{i}" for i in range(1, instances + 1)]
    yield "instances killed", [(name, "KILL") for name in names * 2]
    yield "instances stopped", [(name, "TERM") for name in names]
    yield "Redis killed", [("redis", "KILL")]
    yield "MariaDB killed", [("mariadb", "KILL")]


def inflict():
    slowest = {}
    time.sleep(SETTLE_S)
    for phase, hits in phases():
        ledger.phase = phase
        took = []
        for name, signal_name in hits:
            took.append(hit(name, signal_name))
            time.sleep(SETTLE_S)
        slowest[phase] = max(took)
    ledger.phase = "calm again"
    time.sleep(SETTLE_S)
    return slowest


def judge(slowest, tokens):
    faults = []
    for user, token in tokens.items():
        found = all_notes(token)
        missing = [title for title in ledger.acknowledged[user] if not found[title]]
        double = [title for title in ledger.acknowledged[user] if found[title] > 1]
        faults += [f"acknowledged and gone: {title}" for title in missing] + [f"there twice: {title}" for title in double]
    faults += [f"never accepted ({phase}): {title}: {status} {answer}" for phase, title, status, answer in ledger.lost_writes]
    faults += [f"read failed ({phase}): {path}: {status} {answer}" for phase, path, status, answer in ledger.failed_reads
               if phase != "MariaDB killed"]
    if slowest["instances killed"] > BACK_WITHIN_S:
        faults.append(f"an instance was away for {slowest['instances killed']:.1f} s")
    for phase in ("calm", "calm again"):
        if ledger.counts[phase]["sent again"]:
            faults.append(f"writes failed while nothing was wrong ({phase})")
    faults += [f"a graceful stop cost a write: {status} {answer}" for phase, status, answer in ledger.sent_again
               if phase == "instances stopped"]
    return faults


def main():
    run = uuid.uuid4().hex[:8]
    tokens = {user: sign_in(user) for user in range(1, users + 1)}
    threads = [threading.Thread(target=write, args=(user, token, run), daemon=True) for user, token in tokens.items()]
    threads += [threading.Thread(target=read, args=(token,), daemon=True) for token in tokens.values()]
    for thread in threads:
        thread.start()
    slowest = inflict()
    stopping.set()
    for thread in threads:
        thread.join(GIVE_UP_S)
    faults = judge(slowest, tokens)

    columns = ("written", "sent again", "read", "reads failed")
    print(f"\n{'PHASE':<20}" + "".join(f"{column:>14}" for column in columns) + f"{'back after':>14}")
    for phase, counts in ledger.counts.items():
        back = f"{slowest[phase]:.1f} s" if phase in slowest else ""
        print(f"{phase:<20}" + "".join(f"{counts[column]:>14}" for column in columns) + f"{back:>14}")
    acknowledged = sum(map(len, ledger.acknowledged.values()))
    print(f"\n{acknowledged} acknowledged notes, all looked for; {len(faults)} faults")
    for fault in faults[:20]:
        print("FAULT", fault)
    sys.exit(1 if faults else 0)


main()
