#!/usr/bin/env python3
"""Measures how long a refused login takes, by reason: an attacker must not be able to distinguish the reasons.

It prints a table and asserts nothing: on a shared host, timing is not precise enough for a test. Standard library only.
scripts/login-timing.sh starts what it needs.

Every account is used five times and every sample has a client address of its own, so that no throttle is reached. The four
reasons are measured in random order, so that other load affects them equally.
"""
import argparse
import http.client
import json
import random
import statistics
import subprocess
import sys
import time

REASONS = ("wrong password", "unknown account", "disabled account", "unverified account")
SAMPLES_PER_ACCOUNT = 5


class Service:
    """Direct requests to one instance over one connection, as a proxy would send them."""

    def __init__(self, host, port, command):
        self.connection = http.client.HTTPConnection(host, port, timeout=30)
        self.command = command
        self.addresses = 0

    def next_address(self):
        self.addresses += 1
        return f"198.18.{self.addresses // 250}.{self.addresses % 250 + 1}"

    def ask(self, method, path, body, token=None):
        """Status, JSON body and seconds of a request."""
        headers = {"Content-Type": "application/json", "X-Forwarded-For": self.next_address()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        text = json.dumps(body).encode()
        started = time.perf_counter()
        self.connection.request(method, path, text, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - started
        return answer.status, json.loads(content or b"null"), seconds

    def log_in(self, name, password):
        return self.ask("POST", "/api/v1/auth/login?transport=body", {"login": name, "password": password})

    def create(self, name, password, *flags):
        """Creates an account by command and returns its id."""
        words = [*self.command, "user", "create", "--username", name, "--email", f"{name}@example.org", "--password-stdin", *flags]
        return subprocess.run(words, input=password, text=True, check=True, stdout=subprocess.PIPE).stdout.strip()


def prepare(service, count):
    """Creates accounts for each reason and returns their names, all of one length."""
    run = f"{random.randrange(16**4):04x}"
    password = f"{random.randrange(16**24):024x}"
    names = {reason: [f"timing-{run}-{index}{n:03}" for n in range(count)] for index, reason in enumerate(REASONS)}
    for name in names["wrong password"]:
        service.create(name, password, "--verified")
    for name in names["unverified account"]:
        service.create(name, password)
    disabled = [service.create(name, password, "--verified") for name in names["disabled account"]]
    admin = f"timing-{run}-admin"
    service.create(admin, password, "--verified", "--admin")
    status, answer, _ = service.log_in(admin, password)
    if status != 200:
        sys.exit(f"the admin of this measurement cannot log in: {answer}")
    for account in disabled:
        status, found, _ = service.ask("PATCH", f"/api/v1/admin/users/{account}", {"status": "disabled"}, answer["access_token"])
        if status != 200:
            sys.exit(f"an account could not be disabled: {found}")
    return names


def refuse(service, name):
    """Seconds until a wrong password is refused."""
    status, answer, seconds = service.log_in(name, "wrong horse battery")
    if status != 401 or answer["code"] != "invalid_credentials":
        sys.exit(f"not the response that all of them get: {status} {answer}")
    return seconds


def measure(service, names, samples):
    for n in range(20):
        refuse(service, f"timing-warm-up-{n:03}")
    seconds = {reason: [] for reason in REASONS}
    for n in range(samples):
        for reason in random.sample(REASONS, len(REASONS)):
            seconds[reason].append(refuse(service, names[reason][n % len(names[reason])]) * 1000)
    return seconds


def spread(lists):
    medians = [statistics.median(values) for values in lists]
    return max(medians) - min(medians)


def by_chance(seconds, draws=500):
    """The difference between random groups of the same samples (95 %): a smaller difference is not significant."""
    everything = [value for values in seconds.values() for value in values]
    size = len(everything) // len(seconds)
    seen = []
    for _ in range(draws):
        random.shuffle(everything)
        seen.append(spread([everything[i : i + size] for i in range(0, size * len(seconds), size)]))
    return statistics.quantiles(seen, n=20)[-1]


def show(seconds):
    print(f"{'milliseconds':20}{'samples':>8}{'lower q.':>10}{'median':>10}{'upper q.':>10}")
    for reason, values in seconds.items():
        low, middle, high = statistics.quantiles(values, n=4)
        print(f"{reason:20}{len(values):8}{low:10.2f}{middle:10.2f}{high:10.2f}")
    print(f"largest difference of two medians: {spread(seconds.values()):.2f} ms")
    print(f"difference by chance alone, 95 %: {by_chance(seconds):.2f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=200, help="of each reason (200)")
    parser.add_argument("port", type=int, help="of one instance that trusts X-Forwarded-For from this host")
    parser.add_argument("command", nargs="+", help="runs the program with the settings of that instance")
    given = parser.parse_args()
    service = Service("127.0.0.1", given.port, given.command)
    names = prepare(service, -(-given.samples // SAMPLES_PER_ACCOUNT))
    show(measure(service, names, given.samples))


if __name__ == "__main__":
    main()
