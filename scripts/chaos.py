#!/usr/bin/env python3
"""Kills processes of a running stack under load and checks that no acknowledged write is lost.

Usage: chaos.py RUN_DIR BASE_URL USERS, with the users' password in CHAOS_PASSWORD (users chaos1 … chaosN). Writers create
notes with unique titles, readers read all the time, the supervisor restarts what was killed. Exit code 1 on an error.

Checked per failure:
  instances killed (SIGKILL), instances stopped (SIGTERM), Redis killed: no read fails
  MariaDB killed: reads may fail while it is down, and succeed when it is up again
Checked in total: each write is acknowledged in the end (a failed one is repeated with the same Idempotency-Key), each
acknowledged note exists exactly once, and a killed instance serves again within two seconds.
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
RESTART_MAX_S = 2.0
PHASE_PAUSE_S = 1.5

run_dir, base, users = Path(sys.argv[1]), urllib.parse.urlsplit(sys.argv[2]), int(sys.argv[3])
if base.hostname not in ("127.0.0.1", "localhost", "::1"):
    sys.exit("the target must be on this host")
ports = dict(line.split("=", 1) for line in (run_dir / "ports.env").read_text().splitlines())
instances = int(ports["INSTANCES"])


class Client:
    """One keep-alive connection with one user's token; a failure is a response with status 0."""

    def __init__(self, token=None, port=base.port):
        self.token, self.port, self.connection = token, port, None

    def send(self, method, path, body=None, headers=()):
        headers = {"Content-Type": "application/json", **dict(headers)}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            self.connection = self.connection or http.client.HTTPConnection(base.hostname, self.port, timeout=15)
            self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = self.connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            if self.connection:
                self.connection.close()
            self.connection = None
            return 0, repr(error).encode()


class Results:
    """What happened, by phase. Threads only add to it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.phase = "calm"
        self.counts = collections.defaultdict(collections.Counter)
        self.acknowledged = collections.defaultdict(set)
        self.failed_reads = []
        self.unacknowledged_writes = []
        self.sent_again = []

    def add(self, what, n=1):
        with self.lock:
            self.counts[self.phase][what] += n


results = Results()
stopping = threading.Event()


def sign_in(n):
    body = {"login": f"chaos{n}", "password": os.environ["CHAOS_PASSWORD"]}
    status, response = Client().send("POST", "/api/v1/auth/login?transport=body", body)
    if status != 200:
        sys.exit(f"chaos{n} cannot sign in: {status} {response.decode(errors='replace')}")
    return json.loads(response)["access_token"]


def write(user, token, run):
    client, seq = Client(token), 0
    while not stopping.is_set():
        seq += 1
        title, key, started = f"{run} {user} {seq}", {"Idempotency-Key": str(uuid.uuid4())}, time.monotonic()
        while True:
            status, response = client.send("POST", "/api/v1/notes", {"title": title, "body": "chaos"}, key.items())
            if status == 201:
                results.add("written")
                results.acknowledged[user].add(title)
                break
            results.add("sent again")
            results.sent_again.append((results.phase, status, response[:200]))
            if 400 <= status < 500 and status not in (409, 429) or time.monotonic() - started > GIVE_UP_S:
                results.unacknowledged_writes.append((results.phase, title, status, response[:200]))
                break
            time.sleep(0.05)
        time.sleep(WRITE_PAUSE_S)


def read(token):
    client, paths = Client(token), ["/api/v1/notes?limit=20"]
    while not stopping.is_set():
        for path in paths:
            phase = results.phase
            status, response = client.send("GET", path)
            results.add("read")
            if status != 200:
                results.add("reads failed")
                results.failed_reads.append((phase, path, status, response[:200]))
            elif "?" in path:
                paths = [path] + [f"/api/v1/notes/{item['id']}" for item in json.loads(response)["items"][:4]]
            time.sleep(READ_PAUSE_S)


def supervise(*words):
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("supervise.py")), str(run_dir), *words],
        check=True, capture_output=True, text=True,
    )
    return {entry["name"]: entry for entry in map(json.loads, done.stdout.splitlines())}


def serving(name, written_before):
    """An instance serves when it is healthy; a store does when every writer has created a note since."""
    if name.startswith("satchel-"):
        return Client(port=int(ports["PORT"]) + int(name.rpartition("-")[2])).send("GET", "/health")[0] == 200
    return written() >= written_before + 2 * users


def written():
    return sum(counts["written"] for counts in list(results.counts.values()))


def signal_and_wait(name, signal_name):
    """Signals a service and waits until a new process of it serves. Returns the seconds in between."""
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
        status, response = client.send("GET", f"/api/v1/notes?limit=200{cursor}")
        if status != 200:
            sys.exit(f"the notes cannot be counted: {status} {response.decode(errors='replace')}")
        page = json.loads(response)
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


def inject_failures():
    slowest = {}
    time.sleep(PHASE_PAUSE_S)
    for phase, signals in phases():
        results.phase = phase
        seconds = []
        for name, signal_name in signals:
            seconds.append(signal_and_wait(name, signal_name))
            time.sleep(PHASE_PAUSE_S)
        slowest[phase] = max(seconds)
    results.phase = "calm again"
    time.sleep(PHASE_PAUSE_S)
    return slowest


def check(slowest, tokens):
    errors = []
    for user, token in tokens.items():
        found = all_notes(token)
        missing = [title for title in results.acknowledged[user] if not found[title]]
        double = [title for title in results.acknowledged[user] if found[title] > 1]
        errors += [f"acknowledged and missing: {title}" for title in missing] + [f"stored twice: {title}" for title in double]
    errors += [f"never acknowledged ({phase}): {title}: {status} {response}" for phase, title, status, response in results.unacknowledged_writes]
    errors += [f"read failed ({phase}): {path}: {status} {response}" for phase, path, status, response in results.failed_reads
               if phase != "MariaDB killed"]
    if slowest["instances killed"] > RESTART_MAX_S:
        errors.append(f"an instance was down for {slowest['instances killed']:.1f} s")
    for phase in ("calm", "calm again"):
        if results.counts[phase]["sent again"]:
            errors.append(f"writes failed without a failure ({phase})")
    errors += [f"a graceful stop cost a write: {status} {response}" for phase, status, response in results.sent_again
               if phase == "instances stopped"]
    return errors


def main():
    run = uuid.uuid4().hex[:8]
    tokens = {user: sign_in(user) for user in range(1, users + 1)}
    threads = [threading.Thread(target=write, args=(user, token, run), daemon=True) for user, token in tokens.items()]
    threads += [threading.Thread(target=read, args=(token,), daemon=True) for token in tokens.values()]
    for thread in threads:
        thread.start()
    slowest = inject_failures()
    stopping.set()
    for thread in threads:
        thread.join(GIVE_UP_S)
    errors = check(slowest, tokens)

    columns = ("written", "sent again", "read", "reads failed")
    print(f"\n{'PHASE':<20}" + "".join(f"{column:>14}" for column in columns) + f"{'restart':>14}")
    for phase, counts in results.counts.items():
        restart = f"{slowest[phase]:.1f} s" if phase in slowest else ""
        print(f"{phase:<20}" + "".join(f"{counts[column]:>14}" for column in columns) + f"{restart:>14}")
    acknowledged = sum(map(len, results.acknowledged.values()))
    print(f"\n{acknowledged} acknowledged notes checked; {len(errors)} errors")
    for error in errors[:20]:
        print("ERROR", error)
    sys.exit(1 if errors else 0)


main()
