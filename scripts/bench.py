#!/usr/bin/env python3
"""Measures what a request costs the service, as a multiple of what the same work costs a bare server.

Owns: the rows of the table, the rounds, the figures, benches/results and the comparison with benches/baseline.json.
Usage: bench.py RUN_DIR SATCHEL YARDSTICK, called by bench.sh, which has filled the stores and written the settings.
Refuses: to fail because a figure is bad. A machine that does other things besides makes any figure bad, so a row that
misses its bar or its baseline is printed loudly and judged by people.

The two servers take turns, two seconds each, so that whatever disturbs one disturbs the other; a row's ratio is the median
of its rounds. CPU is user and system time of the server's process (/proc/PID/stat) divided by the answers.

A cache miss is a page nobody asked for in the last two seconds, the life of a cached page: the requests go round some
20,000 pages (cursors × page lengths from 15 to 25, 20 on average × two orders). Each miss reads the rows, makes the page
and stores it in Redis. How many really were misses is read from the service's own metrics; below 99 % the row is void.
"""

import dataclasses
import http.client
import json
import os
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUN_DIR, SATCHEL, YARDSTICK = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
ROOT = Path(__file__).resolve().parent.parent
BENCHES = ROOT / "benches"
ROUNDS = int(os.environ.get("ROUNDS") or "5")
SECONDS_EACH = int(os.environ.get("SECONDS_EACH") or "2")
ONLY = os.environ.get("ONLY", "")
PERF = os.environ.get("PERF", "")
TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
WORSE = 1.2
NOISY_SHARE = 0.1
PAGE_BYTES = 5000
MIB = 1024


def env_file(name):
    lines = (RUN_DIR / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


PORTS = {"satchel": env_file("satchel.env")["SATCHEL_HTTP_ADDR"], "yardstick": env_file("yardstick.env")["YARDSTICK_ADDR"]}


def port_of(server):
    return int(PORTS[server].rsplit(":", 1)[1])


# --- the servers ----------------------------------------------------------------------------------------------------


class Server:
    """A server of this measurement; it ends with us, however we end."""

    def __init__(self, name, command, settings):
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("SATCHEL_", "YARDSTICK_"))}
        # The log goes into a pipe, as in a container; who reads it is not part of the figures.
        self.reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.name, self.port = name, port_of(name)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *command],
            env=clean | settings, cwd=RUN_DIR, stdout=self.reader.stdin, stderr=self.reader.stdin)
        self.pid = self.process.pid

    def wait_ready(self, path):
        """Seconds from the start of the program to its first good answer."""
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


def start_satchel():
    return Server("satchel", [SATCHEL, "serve"], env_file("satchel.env"))


def fetch(port, path, method="GET", body=None, headers=None):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request(method, path, body, headers or {})
        answer = line.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        line.close()


def redis(*words):
    """One command to the private Redis; its answer's first line."""
    port = int(env_file("satchel.env")["SATCHEL_REDIS_URL"].rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), 5) as line:
        parts = [word.encode() for word in words]
        line.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        answer = line.recv(1024)
    if not answer.startswith((b"+", b":", b"$")):
        sys.exit(f"redis: {answer!r}")


# --- one run --------------------------------------------------------------------------------------------------------


def cpu_us(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_US


def busy_us():
    """What the whole machine has worked, but for waiting."""
    fields = list(map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) * TICK_US


def store_pid(name):
    return json.loads((RUN_DIR / "pids" / f"{name}.json").read_text())["pid"]


@dataclasses.dataclass
class Target:
    """What is asked for, of whom, and by whom."""

    server: Server
    paths: list
    token: str = ""
    known: str = ""
    connections: int = 32

    def run(self, seconds):
        paths = RUN_DIR / "paths"
        paths.write_text("\n".join(self.paths) + "\n")
        headers = [f"Authorization: Bearer {self.token}"] if self.token else []
        headers += [f"If-None-Match: {self.known}"] if self.known else []
        pids = [self.server.pid, store_pid("mariadb"), store_pid("redis"), self.server.reader.pid]
        before, all_before, wrk_before = [cpu_us(pid) for pid in pids], busy_us(), os.times()
        output = subprocess.run(
            ["wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "-s", str(BENCHES / "requests.lua"),
             *(word for header in headers for word in ("-H", header)),
             f"http://127.0.0.1:{self.server.port}", "--", str(paths)],
            check=True, capture_output=True, text=True).stdout
        spent = [cpu_us(pid) - earlier for pid, earlier in zip(pids, before)]
        wrk_after = os.times()
        wrk = wrk_after.children_user + wrk_after.children_system - wrk_before.children_user - wrk_before.children_system
        others = max(0.0, busy_us() - all_before - sum(spent) - wrk * 1e6)
        said = json.loads(output.splitlines()[-1])
        if not said["requests"]:
            sys.exit(f"{self.server.name} answered nothing to {self.paths[0]}")
        return said | {
            "cpu_us": spent[0] / said["requests"],
            "mariadb_us": spent[1] / said["requests"],
            "redis_us": spent[2] / said["requests"],
            "rps": said["requests"] / said["seconds"],
            "others": others / (said["seconds"] * 1e6 * CORES),
        }


def middle(runs, key):
    return statistics.median(run[key] for run in runs)


KEPT = ("cpu_us", "mariadb_us", "redis_us", "rps", "p50_ms", "p95_ms", "p99_ms", "others")


def profile(target):
    """One more run, in which perf looks at where the time goes: by function, and by what they were called for."""
    about = re.sub(r"[^a-z]+", "-", target.paths[0].split("?")[0])
    for name, options in (("functions", ["-F", "1999"]), ("callers", ["-F", "199", "--call-graph", "dwarf,16384"])):
        time.sleep(2.5)  # until no page of the run before is in the cache
        data, report = f"{PERF}{about}.{name}.data", f"{PERF}{about}.{name}.txt"
        perf = subprocess.Popen(["perf", "record", "-q", "-o", data, *options, "-p", str(target.server.pid)])
        target.run(SECONDS_EACH)
        perf.send_signal(signal.SIGINT)
        perf.wait()
        how = ["--no-children"] if name == "functions" else ["--children", "-g", "none"]
        with open(report, "w") as file:
            subprocess.run(["perf", "report", "-i", data, "--stdio", "--percent-limit", "0.2", *how], stdout=file,
                           stderr=subprocess.DEVNULL, check=False)
        print(f"profile: {report}", flush=True)


def compare(base, subject, key="cpu_us"):
    """Both take turns; the figures are medians, the ratio is the median of the rounds' ratios."""
    base.run(1)
    subject.run(1)
    rounds = [(base.run(SECONDS_EACH), subject.run(SECONDS_EACH)) for _ in range(ROUNDS)]
    for run in (run for pair in rounds for run in pair):
        if run["refused"] or run["broken"]:
            sys.exit(f"{run['refused']} answers were refusals, {run['broken']} never came: {subject.paths[0]}")
    if PERF:
        profile(subject)
    bases, subjects = zip(*rounds)
    return {
        "base": {key: round(middle(bases, key), 3) for key in KEPT},
        "ours": {key: round(middle(subjects, key), 3) for key in KEPT},
        "value": round(statistics.median(ours[key] / theirs[key] for theirs, ours in rounds), 3),
    }


# --- what is asked for ----------------------------------------------------------------------------------------------


class Account:
    """An account that bench.sh has filled; signs in anew for each row, because a token lives ten minutes."""

    def __init__(self, name):
        self.name = name

    def token(self):
        body = json.dumps({"login": self.name, "password": (RUN_DIR / "password").read_text().strip()})
        status, answer, _ = fetch(port_of("satchel"), "/api/v1/auth/login?transport=body", "POST", body,
                                  {"Content-Type": "application/json"})
        if status != 200:
            sys.exit(f"{self.name} cannot sign in: {status} {answer!r}")
        return json.loads(answer)["access_token"]

    def get(self, path):
        return fetch(port_of("satchel"), path, headers={"Authorization": f"Bearer {self.token()}"})

    def ids(self):
        return [note["id"] for note in json.loads(self.get("/api/v1/notes?limit=200")[1])["items"]]

    def pages(self, lists=("notes?sort=updated", "notes?sort=created"), depth=970):
        """Addresses of eleven times as many different pages as the lists have places, `depth` of each."""
        line = http.client.HTTPConnection("127.0.0.1", port_of("satchel"), timeout=10)
        headers, places = {"Authorization": f"Bearer {self.token()}"}, []
        for path in lists:
            cursor = ""
            for _ in range(depth):
                line.request("GET", f"/api/v1/{path}&limit=1{cursor}", headers=headers)
                following = json.loads(line.getresponse().read())["next_cursor"]
                if not following:
                    break
                cursor = f"&cursor={following}"
                places.append(f"/api/v1/{path}{cursor}")
        line.close()
        return [f"{place}&limit={limit}" for limit in (20, 15, 25, 17, 23, 19, 21, 16, 24, 18, 22) for place in places]

    def task_pages(self):
        """The lists and columns that the page of tasks asks for."""
        one = json.loads(self.get("/api/v1/task-lists?limit=1")[1])["items"][0]["id"]
        lists = ["status=open", "status=open&sort=due", "status=done&sort=completed", "status=open&sort=priority",
                 f"status=todo&list={one}&parent=none", f"list={one}&status=open", "smart=today", "smart=upcoming", "smart=overdue"]
        return self.pages([f"tasks?{query}" for query in lists], 120)


def page_reads():
    """Hits and misses of cached pages so far."""
    text = fetch(port_of("satchel"), "/metrics")[1].decode()
    found = dict(re.findall(r'^cache_requests_total\{cache="page",outcome="(hit|miss)"\} (\d+)', text, re.M))
    return int(found.get("hit", 0)), int(found.get("miss", 0))


@dataclasses.dataclass
class Row:
    """A line of the table: what it is, what it must not exceed, in which unit, and how it is measured."""

    name: str
    bar: float
    unit: str
    measure: object
    moonshot: float = None


class Bench:
    def __init__(self):
        self.small, self.large = Account("small"), Account("large")
        self.satchel = self.yardstick = None

    def rows(self):
        listed = "/api/v1/notes?limit=20"
        return [
            Row("GET /health : a constant", 2.0, "×", lambda: self.against("/constant", ["/health"]), 1.5),
            Row("list, cache hit : a Redis GET of 5 kB", 2.5, "×", lambda: self.against("/page", [listed], self.small), 1.6),
            Row("list, cache miss : 20 rows", 1.8, "×", self.miss, 1.3),
            Row("one note : one row", 2.0, "×", self.note, 1.4),
            Row("list, 304 : its 200", 1.0, "×", lambda: self.not_modified(listed)),
            Row("one note, 304 : its 200", 1.0, "×", lambda: self.not_modified(f"/api/v1/notes/{self.small.ids()[0]}")),
            Row("list, p95, 100,000 notes : 1,000", 1.3, "×", self.many_notes),
            Row("search in 100,000 notes, p95", 50, "ms", lambda: self.search("notes")),
            Row("tasks, p95, 100,000 tasks : 1,000", 1.3, "×", self.many_tasks),
            Row("search in 100,000 tasks, p95", 50, "ms", lambda: self.search("tasks")),
            Row("memory after the start", 30, "MiB", self.memory_idle, 15),
            Row("memory under 1,000 connections", 80, "MiB", self.memory_busy, 40),
            Row("start to ready", 200, "ms", self.start_up, 50),
        ]

    def start(self):
        self.yardstick = Server("yardstick", [YARDSTICK], env_file("yardstick.env"))
        self.yardstick.wait_ready("/constant")
        self.satchel = start_satchel()
        self.satchel.wait_ready("/health")

    def ours(self, paths, account=None, **more):
        return Target(self.satchel, paths, account.token() if account else "", **more)

    def against(self, base, paths, account=None):
        return compare(Target(self.yardstick, [base]), self.ours(paths, account))

    def miss(self):
        base = Target(self.yardstick, [f"/rows/{after}" for after in range(0, 970, 7)])
        ours = self.ours(self.small.pages(), self.small)
        hits, misses = page_reads()
        found = compare(base, ours)
        hits, misses = (after - before for after, before in zip(page_reads(), (hits, misses)))
        found["misses"] = round(misses / max(1, hits + misses), 4)
        if found["misses"] < 0.99:
            found["void"] = f"only {found['misses']:.1%} were misses"
        return found

    def note(self):
        base = Target(self.yardstick, [f"/row/{number}" for number in range(1, 200)])
        return compare(base, self.ours([f"/api/v1/notes/{note}" for note in self.small.ids()], self.small))

    def not_modified(self, path):
        tag = self.small.get(path)[2]["ETag"]
        return compare(self.ours([path], self.small), self.ours([path], self.small, known=tag))

    def many_notes(self):
        few, many = (self.ours(account.pages(), account, connections=4) for account in (self.small, self.large))
        return compare(few, many, "p95_ms")

    def many_tasks(self):
        few, many = (self.ours(account.task_pages(), account, connections=4) for account in (self.small, self.large))
        return compare(few, many, "p95_ms")

    def search(self, noun):
        words = (RUN_DIR / "words").read_text().split()
        queries = words + [f"{words[1]}%20{words[2]}", words[3][:5]]
        target = self.ours([f"/api/v1/{noun}?limit=20&q={query}" for query in queries], self.large, connections=4)
        target.run(1)
        runs = [target.run(SECONDS_EACH) for _ in range(ROUNDS)]
        return {"ours": {key: round(middle(runs, key), 3) for key in KEPT}, "value": round(middle(runs, "p95_ms"), 2)}

    def memory_idle(self):
        return self.fresh(lambda server: (time.sleep(2), server.memory_kib("VmRSS"))[1] / MIB)

    def memory_busy(self):
        def measure(server):
            paths = self.small.pages()[:2000] + ["/api/v1/notes?limit=200", "/health"] * 200
            Target(server, paths, self.small.token(), connections=1000).run(2 * SECONDS_EACH)
            return server.memory_kib("VmHWM") / MIB
        return self.fresh(measure)

    def start_up(self):
        times = [self.fresh(lambda _: None)["ready_ms"] for _ in range(max(ROUNDS, 3))]
        return {"value": round(statistics.median(times), 1), "all": times}

    def fresh(self, measure):
        """Measures an instance of its own, for things that the rows before would have changed."""
        self.satchel.stop()
        self.satchel = start_satchel()
        ready = self.satchel.wait_ready("/health")
        value = measure(self.satchel)
        return {"value": value and round(value, 1), "ready_ms": round(ready * 1000, 1)}

    def stop(self):
        for server in filter(None, (self.satchel, self.yardstick)):
            server.stop()


# --- the table ------------------------------------------------------------------------------------------------------


def verdict(row, found, known):
    if "void" in found:
        return f"VOID: {found['void']}"
    words = "missed" if found["value"] > row.bar else "met"
    if row.moonshot and found["value"] <= row.moonshot:
        words = "met, moonshot too"
    if known and found["value"] > known * WORSE:
        words += f", REGRESSION: {found['value'] / known - 1:+.0%} against the baseline"
    return words


def line_of(row, found, known):
    side = lambda name, key, digits=0: f"{found[name][key]:,.{digits}f}" if name in found else ""
    return [row.name, f"{row.bar:g} {row.unit}", f"{found['value']:.2f} {row.unit}", f"{known:.2f}" if known else "",
            side("base", "cpu_us", 1), side("ours", "cpu_us", 1), side("ours", "mariadb_us"), side("ours", "redis_us"),
            side("base", "rps"), side("ours", "rps"), side("ours", "p50_ms", 2), side("ours", "p99_ms", 2),
            verdict(row, found, known)]


HEAD = ["work", "bar", "today", "baseline", "µs base", "µs ours", "µs db", "µs redis", "rps base", "rps ours", "p50 ms",
        "p99 ms", "verdict"]


def table(lines):
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    for line in lines:
        print("  ".join(word.ljust(width) for word, width in zip(line, widths)).rstrip())


def machine():
    models = re.findall(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.M)
    return {"cpu": models[0] if models else platform.machine(), "cores": CORES, "kernel": platform.release()}


def noise(results):
    shares = [found[side]["others"] for found in results.values() for side in ("base", "ours") if side in found]
    return statistics.median(shares) if shares else 0.0


def main():
    load = os.getloadavg()[0]
    if load > CORES / 2:
        print(f"warning: the machine is busy already (load {load:.1f} on {CORES} cores); the figures will be noisy", flush=True)
    redis("CONFIG", "SET", "maxmemory", "512mb")  # all pages of the row of misses find room
    redis("SET", "yardstick", json.dumps({"page": "x" * (PAGE_BYTES - 12)}))
    known = json.loads((BENCHES / "baseline.json").read_text()) if (BENCHES / "baseline.json").exists() else {}
    results, lines, bench = {}, [HEAD], Bench()
    try:
        bench.start()
        for row in bench.rows():
            if ONLY not in row.name:
                continue
            print(f"==> {row.name}", flush=True)
            results[row.name] = found = row.measure()
            lines.append(line_of(row, found, known.get("values", {}).get(row.name)))
    finally:
        bench.stop()
    others = noise(results)
    record = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "commit": os.environ.get("BENCH_COMMIT", "unknown"),
        "machine": machine(), "limits": env_file("satchel.env")["SATCHEL_API_LIMITS"], "rounds": ROUNDS,
        "seconds_each": SECONDS_EACH, "load_before": round(load, 2), "others_share": round(others, 3),
        "noisy": others > NOISY_SHARE, "rows": results,
    }
    (BENCHES / "results").mkdir(exist_ok=True)
    target = BENCHES / "results" / f"{record['date'].replace(':', '')}.json"
    target.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    print()
    table(lines)
    print(f"\nWritten to {target.relative_to(ROOT)}. Not measured here: uploads, sheets, sign-ins beside reads, the load through nginx.")
    if record["noisy"]:
        print(f"NOISY: others took {others:.0%} of the machine meanwhile. Repeat this when it is quiet.")
    if os.environ.get("BASELINE") == "write":
        kept = {key: record[key] for key in ("date", "commit", "machine", "limits", "noisy")}
        kept["values"] = {name: found["value"] for name, found in results.items()}
        (BENCHES / "baseline.json").write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
        print("Kept as benches/baseline.json.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
