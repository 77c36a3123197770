"""The servers of scripts/bench.py, and one run of wrk against one of them with the CPU time it costs.

A run that gets a refusal or another status than expected ends the program. wrk executes benches/requests.lua.
"""

import dataclasses
import http.client
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUN_DIR = Path(sys.argv[1])
BENCHES = Path(__file__).resolve().parent.parent / "benches"
# `make test`: one short round of each row, in which the status of every response is checked.
SMOKE = bool(os.environ.get("SMOKE"))
ROUNDS = 1 if SMOKE else int(os.environ.get("ROUNDS") or "5")
SECONDS_EACH = 1 if SMOKE else int(os.environ.get("SECONDS_EACH") or "2")
PERF = os.environ.get("PERF", "")
TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1


def env_file(name):
    lines = (RUN_DIR / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


ADDRESSES = {
    "satchel": env_file("satchel.env")["SATCHEL_HTTP_ADDR"],
    "baseline_server": env_file("baseline_server.env")["BASELINE_SERVER_ADDR"],
}


def port_of(server):
    return int(ADDRESSES[server].rsplit(":", 1)[1])


# --- the servers ----------------------------------------------------------------------------------------------------


class Server:
    """A process of this measurement. It is killed when this program ends."""

    def __init__(self, name, command):
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("SATCHEL_", "BASELINE_SERVER"))}
        # The log is written to a pipe, as in a container. The reader's CPU time is not counted.
        self.reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.name, self.port = name, port_of(name)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *command],
            env=clean | env_file(f"{name}.env"), cwd=RUN_DIR, stdout=self.reader.stdin, stderr=self.reader.stdin)
        self.pid = self.process.pid

    def wait_ready(self, path):
        """Seconds from the start of the process to its first 200."""
        while time.monotonic() < self.started + 30:
            if self.process.poll() is not None:
                sys.exit(f"{self.name} does not start")
            try:
                if fetch(self.port, path)[0] == 200:
                    return time.monotonic() - self.started
            except OSError:
                time.sleep(0.001)
        sys.exit(f"{self.name} does not become ready")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.stdin.close()
        self.reader.wait()

    def memory_kib(self, field):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+)", status, re.M).group(1))


def fetch(port, path, method="GET", body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    finally:
        connection.close()


def redis(*words):
    """Sends one command to the private Redis."""
    port = int(env_file("satchel.env")["SATCHEL_REDIS_URL"].rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        parts = [word.encode() for word in words]
        connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        reply = connection.recv(1024)
    if not reply.startswith((b"+", b":", b"$")):
        sys.exit(f"redis: {reply!r}")


# --- one run --------------------------------------------------------------------------------------------------------


def cpu_us(pid):
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_US


def busy_us():
    """CPU time of the whole computer, without idle and I/O wait."""
    fields = list(map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) * TICK_US


def store_pid(name):
    return json.loads((RUN_DIR / "pids" / f"{name}.json").read_text())["pid"]


def request(path, token="", method="GET", bodies=(), **headers):
    """One request as a line of the file that requests.lua reads. A save has several bodies, used in turn."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Content-Type": "application/json"} if bodies else {}
    return "\t".join([method, path, "|".join(f"{name}={value}" for name, value in headers.items()), *map(json.dumps, bodies)])


@dataclasses.dataclass
class Load:
    """Which requests a server gets, repeated in this order, and which statuses are correct."""

    server: Server
    requests: object  # a list, or a function that makes the list for each run
    statuses: tuple = (200,)
    connections: int = 32
    mode: str = "plain"

    def run(self, seconds, check=SMOKE):
        lines = self.requests() if callable(self.requests) else self.requests
        file = RUN_DIR / "requests"
        file.write_text("\n".join(lines) + "\n")
        mode = "count" if check and self.mode == "plain" else self.mode
        pids = [self.server.pid, store_pid("mariadb"), store_pid("redis"), self.server.reader.pid]
        before, all_before, wrk_before = [cpu_us(pid) for pid in pids], busy_us(), os.times()
        wrk = subprocess.run(
            ["wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "-s", str(BENCHES / "requests.lua"),
             f"http://127.0.0.1:{self.server.port}", "--", str(file), ",".join(map(str, self.statuses)), mode],
            check=False, capture_output=True, text=True)
        spent = [cpu_us(pid) - earlier for pid, earlier in zip(pids, before)]
        wrk_after = os.times()
        wrk_s = wrk_after.children_user + wrk_after.children_system - wrk_before.children_user - wrk_before.children_system
        others = max(0.0, busy_us() - all_before - sum(spent) - wrk_s * 1e6)
        if wrk.returncode or not wrk.stdout.rstrip().endswith("}"):
            sys.exit(f"wrk: {wrk.stderr or wrk.stdout}")
        found = json.loads(wrk.stdout.splitlines()[-1])
        self.check(found, lines[0], mode)
        return found | {
            "cpu_us": spent[0] / found["requests"],
            "mariadb_us": spent[1] / found["requests"],
            "redis_us": spent[2] / found["requests"],
            "rps": found["requests"] / found["seconds"],
            "others": others / (found["seconds"] * 1e6 * CORES),
        }

    def check(self, found, line, mode):
        what = " ".join(line.split("\t")[:2])
        if not found["requests"]:
            sys.exit(f"{self.server.name} sent no response to {what}")
        wrong = found["refused"] if mode == "plain" else found["unexpected"]
        if wrong:
            sys.exit(f"{wrong} responses have another status than {self.statuses} ({found['unexpected_status'] or 'not read'}): {what}")
        if found["broken"]:
            sys.exit(f"{found['broken']} connections failed or timed out: {what}")


KEPT = ("cpu_us", "mariadb_us", "redis_us", "rps", "p50_ms", "p95_ms", "p99_ms", "others")


def summary(runs):
    """Medians, and the highest latency of all runs."""
    found = {key: round(statistics.median(run[key] for run in runs), 3) for key in KEPT}
    return found | {"max_ms": max(run["max_ms"] for run in runs)}


def warm_up(*loads):
    """One second in which the status of every response is checked; the measured runs check only for errors."""
    for load in () if SMOKE else loads:
        load.run(1, check=True)


def compare(base, subject, key="cpu_us"):
    """Both servers take turns; the value is the median of the rounds' ratios."""
    warm_up(base, subject)
    rounds = [(base.run(SECONDS_EACH), subject.run(SECONDS_EACH)) for _ in range(ROUNDS)]
    if PERF:
        profile(subject)
    bases, subjects = zip(*rounds)
    value = statistics.median(ours[key] / theirs[key] for theirs, ours in rounds)
    return {"base": summary(bases), "ours": summary(subjects), "value": round(value, 3)}


def measure(load, key):
    """A load without a comparison; the value is one of its figures."""
    warm_up(load)
    found = summary([load.run(SECONDS_EACH) for _ in range(ROUNDS)])
    if PERF:
        profile(load)
    return {"ours": found, "value": round(found[key], 2)}


def profile(load):
    """Two more runs under perf: CPU time by function, and by call chain."""
    lines = load.requests() if callable(load.requests) else load.requests
    about = re.sub(r"[^a-z]+", "-", " ".join(lines[0].split("\t")[:2]).lower().split("?")[0])
    for name, options in (("functions", ["-F", "1999"]), ("callers", ["-F", "199", "--call-graph", "dwarf,16384"])):
        time.sleep(2.5)  # until the cached pages of the previous run have expired
        data, report = f"{PERF}{about}.{name}.data", f"{PERF}{about}.{name}.txt"
        perf = subprocess.Popen(["perf", "record", "-q", "-o", data, *options, "-p", str(load.server.pid)])
        load.run(SECONDS_EACH)
        perf.send_signal(signal.SIGINT)
        perf.wait()
        how = ["--no-children"] if name == "functions" else ["--children", "-g", "none"]
        with open(report, "w") as file:
            subprocess.run(["perf", "report", "-i", data, "--stdio", "--percent-limit", "0.2", *how], stdout=file,
                           stderr=subprocess.DEVNULL, check=False)
        print(f"profile: {report}", flush=True)
