#!/usr/bin/env python3
"""Measures the CPU time of a request as a multiple of the same work on the baseline server (benches/baseline_server).

Usage: bench.py RUN_DIR SATCHEL BASELINE_SERVER, called by bench.sh, which has seeded the database and written the settings.
This file has the rows of the table; scripts/bench_run.py starts the servers and runs wrk. Results are written to
benches/results and compared with benches/baseline.json. A missed bar is printed and does not fail: other programs on the
computer can cause it.

The two servers take turns of two seconds, so that a disturbance affects both; a row's ratio is the median of its rounds. CPU
is user and system time of the server's process (/proc/PID/stat) divided by the number of responses.

A cache miss is a page that was not requested within the last two seconds, the lifetime of a cached page: the requests cycle
through some 20,000 pages (cursors × page lengths from 15 to 25, 20 on average × two orders). Each miss reads the rows, renders
the page and stores it in Redis. The service's own metrics count the misses; below 99 % the row is void.
"""

import dataclasses
import hashlib
import http.client
import json
import os
import platform
import random
import re
import signal
import statistics
import sys
import time
from pathlib import Path

from bench_run import (BENCHES, CORES, ROUNDS, RUN_DIR, SECONDS_EACH, SMOKE, Load, Server, compare, env_file, fetch, measure,
                       port_of, redis, request)

SATCHEL, BASELINE_SERVER = sys.argv[2], sys.argv[3]
ONLY = os.environ.get("ONLY", "")
WORSE = 1.2
NOISY_SHARE = 0.1
PAGE_BYTES = 5000
MIB = 1024
# Pages per list that the rows request; the small account has 1,000 notes.
DEPTH = 20 if SMOKE else 970
WRITERS = RUN_DIR.joinpath("writers").read_text().split()


# --- what is requested ----------------------------------------------------------------------------------------------


class Account:
    """An account seeded by bench.sh. Each row logs in again, because an access token is valid for ten minutes."""

    def __init__(self, name):
        self.name = name

    def token(self):
        body = json.dumps({"login": self.name, "password": (RUN_DIR / "password").read_text().strip()})
        status, answer, _ = fetch(port_of("satchel"), "/api/v1/auth/login?transport=body", "POST", body,
                                  {"Content-Type": "application/json"})
        if status != 200:
            sys.exit(f"{self.name} cannot log in: {status} {answer!r}")
        return json.loads(answer)["access_token"]

    def get(self, path, token=None):
        return fetch(port_of("satchel"), path, headers={"Authorization": f"Bearer {token or self.token()}"})

    def notes(self, limit=200, token=None):
        return json.loads(self.get(f"/api/v1/notes?limit={limit}", token)[1])["items"]

    def pages(self, lists=("notes?sort=updated", "notes?sort=created"), depth=DEPTH):
        """Paths of eleven pages for each of the first `depth` entries of each list."""
        connection = http.client.HTTPConnection("127.0.0.1", port_of("satchel"), timeout=10)
        headers, starts = {"Authorization": f"Bearer {self.token()}"}, []
        for path in lists:
            cursor = ""
            for _ in range(depth):
                connection.request("GET", f"/api/v1/{path}&limit=1{cursor}", headers=headers)
                following = json.loads(connection.getresponse().read())["next_cursor"]
                if not following:
                    break
                cursor = f"&cursor={following}"
                starts.append(f"/api/v1/{path}{cursor}")
        connection.close()
        return [f"{start}&limit={limit}" for limit in (20, 15, 25, 17, 23, 19, 21, 16, 24, 18, 22) for start in starts]

    def task_pages(self):
        """The lists and board columns that the page of tasks requests."""
        one = json.loads(self.get("/api/v1/task-lists?limit=1")[1])["items"][0]["id"]
        lists = ["status=open", "status=open&sort=due", "status=done&sort=completed", "status=open&sort=priority",
                 f"status=todo&list={one}&parent=none", f"list={one}&status=open", "smart=today", "smart=upcoming", "smart=overdue"]
        return self.pages([f"tasks?{query}" for query in lists], min(DEPTH, 120))


def page_reads():
    """Hits and misses of the page cache so far."""
    text = fetch(port_of("satchel"), "/metrics")[1].decode()
    found = dict(re.findall(r'^cache_requests_total\{cache="page",outcome="(hit|miss)"\} (\d+)', text, re.M))
    return int(found.get("hit", 0)), int(found.get("miss", 0))


def words(source, count):
    """Words of the dictionary of seed.sql, with its frequencies."""
    return [hashlib.md5(str(int(20000 * source.random() ** 3)).encode()).hexdigest()[:9] for _ in range(count)]


def creates(tokens):
    """New notes of 40 words, the accounts in turn."""
    source = random.Random(1)
    texts = [words(source, 40) for _ in range(2000)]
    return [request("/api/v1/notes", tokens[i % len(tokens)], "POST", [{"title": " ".join(text[:3]), "body": " ".join(text)}])
            for i, text in enumerate(texts)]


def saves(accounts, tokens):
    """Saves of a text of 40 words, of which each changes four; of 16 notes per account, with their current versions."""
    lines = []
    for column in zip(*(account.notes(16, token) for account, token in zip(accounts, tokens))):
        for note, token in zip(column, tokens):
            source = random.Random(note["id"])
            text = words(source, 36)
            bodies = [{"body": " ".join(text + words(source, 4))} for _ in range(2)]
            lines.append(request(f"/api/v1/notes/{note['id']}", token, "PATCH", bodies, If_Match=f'"v{note["version"]}"'))
    return lines


# --- the rows -------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Row:
    """A line of the table. `bar` is the highest acceptable value; a row without one only reports its figures."""

    name: str
    bar: float
    unit: str
    measure: object
    moonshot: float = None
    more_is_better: bool = False


class Bench:
    def __init__(self):
        self.small, self.large = Account("small"), Account("large")
        self.satchel = self.baseline_server = None

    def rows(self):
        listed = "/api/v1/notes?limit=20"
        return [
            Row("GET /health : a constant", 2.0, "×", lambda: self.against(["/constant"], ["/health"]), 1.5),
            Row("list, cache hit : a Redis GET of 5 kB", 2.5, "×", lambda: self.against(["/page"], [listed], self.small), 1.6),
            Row("list, cache miss : 20 rows", 1.8, "×", self.miss, 1.3),
            Row("one note : one row", 2.0, "×", self.note, 1.4),
            Row("list, 304 : its 200", 1.0, "×", lambda: self.not_modified(listed)),
            Row("one note, 304 : its 200", 1.0, "×", lambda: self.not_modified(f"/api/v1/notes/{self.small.notes(1)[0]['id']}")),
            Row("list, p95, 100,000 notes : 1,000", 1.3, "×", lambda: self.many(Account.pages)),
            Row("search in 100,000 notes, p95", 50, "ms", lambda: self.search("notes")),
            Row("tasks, p95, 100,000 tasks : 1,000", 1.3, "×", lambda: self.many(Account.task_pages)),
            Row("search in 100,000 tasks, p95", 50, "ms", lambda: self.search("tasks")),
            Row("memory after the start", 30, "MiB", self.memory_idle, 15),
            Row("memory under 1,000 connections", 80, "MiB", self.memory_busy, 40),
            Row("start to ready", 200, "ms", self.start_up, 50),
            Row("creates of notes of 40 words", None, "/s", self.creates, more_is_better=True),
            Row("saves of notes of 40 words", None, "/s", self.saves, more_is_better=True),
        ]

    def start(self):
        self.baseline_server = Server("baseline_server", [BASELINE_SERVER])
        self.baseline_server.wait_ready("/constant")
        self.satchel = Server("satchel", [SATCHEL, "serve"])
        self.satchel.wait_ready("/health")

    def base(self, paths):
        return Load(self.baseline_server, list(map(request, paths)))

    def ours(self, paths, account=None, headers=None, **more):
        token = account.token() if account else ""
        return Load(self.satchel, [request(path, token, **(headers or {})) for path in paths], **more)

    def against(self, base, paths, account=None):
        return compare(self.base(base), self.ours(paths, account))

    def miss(self):
        base = self.base(f"/rows/{after}" for after in range(0, 970, 7))
        ours = self.ours(self.small.pages(), self.small)
        hits, misses = page_reads()
        found = compare(base, ours)
        hits, misses = (after - before for after, before in zip(page_reads(), (hits, misses)))
        found["misses"] = round(misses / max(1, hits + misses), 4)
        if found["misses"] < 0.99:
            found["void"] = f"only {found['misses']:.1%} were misses"
        return found

    def note(self):
        paths = [f"/api/v1/notes/{note['id']}" for note in self.small.notes()]
        return self.against([f"/row/{number}" for number in range(1, 200)], paths, self.small)

    def not_modified(self, path):
        etag = self.small.get(path)[2]["ETag"]
        full = self.ours([path], self.small)
        return compare(full, self.ours([path], self.small, {"If_None_Match": etag}, statuses=(304,)))

    def many(self, pages):
        few, many = (self.ours(pages(account), account, connections=4) for account in (self.small, self.large))
        return compare(few, many, "p95_ms")

    def search(self, resource):
        known = (RUN_DIR / "words").read_text().split()
        queries = known + [f"{known[1]}%20{known[2]}", known[3][:5]]
        paths = [f"/api/v1/{resource}?limit=20&q={query}" for query in queries]
        return measure(self.ours(paths, self.large, connections=4), "p95_ms")

    def memory_idle(self):
        return self.fresh(lambda server: (time.sleep(2), server.memory_kib("VmRSS"))[1] / MIB)

    def memory_busy(self):
        paths = self.small.pages()[:2000] + ["/api/v1/notes?limit=200", "/health"] * 200
        refused = []

        def peak(_):
            # 503 is correct: the service processes 512 requests at once.
            load = self.ours(paths, self.small, statuses=(200, 503), connections=1000, mode="count")
            run = load.run(2 * SECONDS_EACH)
            refused.append(round(run["refused"] / run["requests"], 3))
            return self.satchel.memory_kib("VmHWM") / MIB
        return self.fresh(peak) | {"refused_share": refused[0]}

    def start_up(self):
        times = [self.fresh(lambda _: None)["ready_ms"] for _ in range(max(ROUNDS, 3))]
        return {"value": round(statistics.median(times), 1), "all": times}

    def fresh(self, measured):
        """Measures a new process, because the rows before would change the result."""
        self.satchel.stop()
        self.satchel = Server("satchel", [SATCHEL, "serve"])
        ready = self.satchel.wait_ready("/health")
        value = measured(self.satchel)
        return {"value": value and round(value, 1), "ready_ms": round(ready * 1000, 1)}

    # Writes of one owner wait for each other, so several accounts write, two connections each.

    def creates(self):
        tokens = [Account(name).token() for name in WRITERS]
        return measure(Load(self.satchel, creates(tokens), (201,), 2 * len(WRITERS), "count"), "rps")

    def saves(self):
        accounts = [Account(name) for name in WRITERS]
        tokens = [account.token() for account in accounts]
        return measure(Load(self.satchel, lambda: saves(accounts, tokens), (200,), 2 * len(WRITERS), "save"), "rps")

    def stop(self):
        for server in filter(None, (self.satchel, self.baseline_server)):
            server.stop()


# --- the table ------------------------------------------------------------------------------------------------------


def verdict(row, found, known):
    if SMOKE:
        return "not evaluated"
    if "void" in found:
        return f"VOID: {found['void']}"
    value, texts = found["value"], []
    if row.bar:
        texts.append("missed" if value > row.bar else "met, moonshot too" if value <= (row.moonshot or 0) else "met")
    if known and (known / value if row.more_is_better else value / known) > WORSE:
        texts.append(f"REGRESSION: {value / known - 1:+.0%} against the recorded value")
    return ", ".join(texts)


def line_of(row, found, known):
    def side(name, key, digits=0):
        return f"{found[name][key]:,.{digits}f}" if name in found else ""

    digits = 0 if row.more_is_better else 2
    return [row.name, f"{row.bar:g} {row.unit}" if row.bar else "", f"{found['value']:,.{digits}f} {row.unit}",
            f"{known:,.{digits}f}" if known else "",
            side("base", "cpu_us", 1), side("ours", "cpu_us", 1), side("ours", "mariadb_us"), side("ours", "redis_us"),
            side("base", "rps"), side("ours", "rps"), side("ours", "p50_ms", 2), side("ours", "p99_ms", 2),
            side("ours", "max_ms", 1), verdict(row, found, known)]


HEAD = ["work", "bar", "value", "recorded", "µs base", "µs ours", "µs db", "µs redis", "rps base", "rps ours", "p50 ms",
        "p99 ms", "max ms", "verdict"]


def table(lines):
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def machine():
    models = re.findall(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.M)
    return {"cpu": models[0] if models else platform.machine(), "cores": CORES, "kernel": platform.release()}


def others_share(results):
    shares = [found[side]["others"] for found in results.values() for side in ("base", "ours") if side in found]
    return statistics.median(shares) if shares else 0.0


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def keep(results, load):
    """Writes the results of a full run, and the recorded values if asked to."""
    others = others_share(results)
    record = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "commit": os.environ.get("BENCH_COMMIT", "unknown"),
        "machine": machine(), "limits": env_file("satchel.env")["SATCHEL_API_LIMITS"], "rounds": ROUNDS,
        "seconds_each": SECONDS_EACH, "load_before": round(load, 2), "others_share": round(others, 3),
        "noisy": others > NOISY_SHARE, "rows": results,
    }
    (BENCHES / "results").mkdir(exist_ok=True)
    target = BENCHES / "results" / f"{record['date'].replace(':', '')}.json"
    write_json(target, record)
    print(f"\nWritten to benches/results/{target.name}. Not measured here: uploads, event streams, logins beside reads, the"
          " load through nginx.")
    if record["noisy"]:
        print(f"NOISY: other programs used {others:.0%} of the CPU time. Repeat this when the computer is idle.")
    if os.environ.get("BASELINE") == "write":
        kept = {key: record[key] for key in ("date", "commit", "machine", "limits", "noisy")}
        write_json(BENCHES / "baseline.json", kept | {"values": {name: found["value"] for name, found in results.items()}})
        print("Recorded in benches/baseline.json.")


def main():
    load = os.getloadavg()[0]
    if load > CORES / 2 and not SMOKE:
        print(f"warning: the computer is busy (load {load:.1f} on {CORES} cores); the figures will be noisy", flush=True)
    redis("CONFIG", "SET", "maxmemory", "512mb")  # enough for all pages of the row of misses
    redis("SET", "baseline_server", json.dumps({"page": "x" * (PAGE_BYTES - 12)}))
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
    print()
    table(lines)
    missing = [name for name, found in results.items() if not found["value"] > 0]
    if missing or not results:
        sys.exit(f"without a figure: {', '.join(missing) or 'all rows'}")
    if not SMOKE:
        keep(results, load)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
