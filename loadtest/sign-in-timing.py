#!/usr/bin/env python3
"""How long a sign-in takes to be refused, by the reason of the refusal: a guesser must not be able to tell the reasons apart.

Owns its accounts (timing-…) and the table it prints. Refuses to judge: on a shared machine the clock is not precise enough for
a test that fails; people read the figures. Standard library only. scripts/sign-in-timing.sh starts what it needs.

Every account is used five times and every sample has an address of its own, so that no throttle is reached. The four reasons
take turns in random order, so that whatever else the machine does falls on all of them alike.
"""
import argparse
import http.client
import json
import random
import statistics
import subprocess
import sys
import time

REASONS = ("wrong password", "unknown account", "disabled account", "unproven account")
SAMPLES_PER_ACCOUNT = 5


class Service:
    """One instance, asked directly over one connection, as the proxy in front of it would."""

    def __init__(self, host, port, command):
        self.connection = http.client.HTTPConnection(host, port, timeout=30)
        self.command = command
        self.addresses = 0

    def next_address(self):
        self.addresses += 1
        return f"198.18.{self.addresses // 250}.{self.addresses % 250 + 1}"

    def ask(self, method, path, body, token=None):
        """Status, document and seconds of a request."""
        headers = {"Content-Type": "application/json", "X-Forwarded-For": self.next_address()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        text = json.dumps(body).encode()
        started = time.perf_counter()
        self.connection.request(method, path, text, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - started
        return answer.status, json.loads(content or b"null"), took

    def sign_in(self, name, password):
        return self.ask("POST", "/api/v1/auth/login?transport=body", {"login": name, "password": password})

    def create(self, name, password, *flags):
        """Makes an account by the command line; its id."""
        words = [*self.command, "user", "create", "--username", name, "--email", f"{name}@example.org", "--password-stdin", *flags]
        return subprocess.run(words, input=password, text=True, check=True, stdout=subprocess.PIPE).stdout.strip()


def prepare(service, count):
    """Accounts of each reason, by name; names of one length, so that nothing depends on it."""
    run = f"{random.randrange(16**4):04x}"
    password = f"{random.randrange(16**24):024x}"
    names = {reason: [f"timing-{run}-{place}{n:03}" for n in range(count)] for place, reason in enumerate(REASONS)}
    for name in names["wrong password"]:
        service.create(name, password, "--verified")
    for name in names["unproven account"]:
        service.create(name, password)
    disabled = [service.create(name, password, "--verified") for name in names["disabled account"]]
    admin = f"timing-{run}-admin"
    service.create(admin, password, "--verified", "--admin")
    status, answer, _ = service.sign_in(admin, password)
    if status != 200:
        sys.exit(f"the admin of this measurement cannot sign in: {answer}")
    for account in disabled:
        status, found, _ = service.ask("PATCH", f"/api/v1/admin/users/{account}", {"status": "disabled"}, answer["access_token"])
        if status != 200:
            sys.exit(f"an account could not be disabled: {found}")
    return names


def refuse(service, name):
    """Seconds until a wrong password is refused."""
    status, answer, took = service.sign_in(name, "wrong horse battery")
    if status != 401 or answer["code"] != "invalid_credentials":
        sys.exit(f"not the one answer that all of them get: {status} {answer}")
    return took


def measure(service, names, samples):
    for n in range(20):
        refuse(service, f"timing-warm-up-{n:03}")
    took = {reason: [] for reason in REASONS}
    for n in range(samples):
        for reason in random.sample(REASONS, len(REASONS)):
            took[reason].append(refuse(service, names[reason][n % len(names[reason])]) * 1000)
    return took


def spread(lists):
    medians = [statistics.median(values) for values in lists]
    return max(medians) - min(medians)


def by_chance(took, draws=500):
    """The difference that the same numbers show when the reasons are dealt out at random: what is below it means nothing."""
    everything = [value for values in took.values() for value in values]
    size = len(everything) // len(took)
    seen = []
    for _ in range(draws):
        random.shuffle(everything)
        seen.append(spread([everything[i : i + size] for i in range(0, size * len(took), size)]))
    return statistics.quantiles(seen, n=20)[-1]


def show(took):
    print(f"{'milliseconds':20}{'samples':>8}{'lower q.':>10}{'median':>10}{'upper q.':>10}")
    for reason, values in took.items():
        low, middle, high = statistics.quantiles(values, n=4)
        print(f"{reason:20}{len(values):8}{low:10.2f}{middle:10.2f}{high:10.2f}")
    print(f"largest difference of two medians: {spread(took.values()):.2f} ms")
    print(f"the same by chance alone, 19 times of 20 less than: {by_chance(took):.2f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=200, help="of each reason (200)")
    parser.add_argument("port", type=int, help="of one instance that believes X-Forwarded-For of this machine")
    parser.add_argument("command", nargs="+", help="runs the program with the settings of that instance")
    given = parser.parse_args()
    service = Service("127.0.0.1", given.port, given.command)
    names = prepare(service, -(-given.samples // SAMPLES_PER_ACCOUNT))
    show(measure(service, names, given.samples))


if __name__ == "__main__":
    main()
