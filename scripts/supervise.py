#!/usr/bin/env python3
"""Keeps the processes of `make up` running: starts, watches, restarts, adopts and stops what RUN_DIR/services/*.json
describes.

A process is identified by its pid and start time, never by its name: a pid that was reused is not signalled.

    supervise.py RUN_DIR run [--owner PID]     become the daemon (a guardian and its worker)
    supervise.py RUN_DIR describe NAME [stage=1] [stop_signal=TERM] [stop_timeout=30] [env_file=…] [input=…] [NAME=…] -- ARGV…
    supervise.py RUN_DIR scan                  read services/ again: start new services, stop removed ones
    supervise.py RUN_DIR restart NAME          stop, start with the current description, wait until it runs
    supervise.py RUN_DIR signal NAME SIGNAL    pass a signal on (nginx reloads on HUP)
    supervise.py RUN_DIR status                one line of JSON per service
    supervise.py RUN_DIR down                  stop everything, stage by stage, also when the daemon is dead

`describe` writes RUN_DIR/services/NAME.json. Lower stages stop first. An `input` is a file whose content counts as part
of the description: when it changes, the running process is reported as outdated, and so it is with an `env_file`.
"""

import fcntl
import hashlib
import json
import os
import resource
import select
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

TICK_S = 0.2
# A crashing process is restarted at once, then with growing pauses below two seconds.
BACKOFF_S = (0.0, 0.2, 0.5, 1.0, 1.5)
STEADY_S = 10.0
LOG_LIMIT_BYTES = 64 * 1024 * 1024
LOG_CHECK_S = 15.0
# Children get a minimal environment, never the caller's, which could contain secrets or other settings.
PLAIN_ENV = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "HOME": os.environ.get("HOME", "/"),
}


def started_at(pid):
    """The start time of a live process in clock ticks since boot, or None (a zombie is not alive)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def boot_id():
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def read_env_file(path):
    lines = Path(path).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


class Service:
    """One process: what it should be (the description) and what it is (the pid file)."""

    def __init__(self, run_dir, name):
        self.name = name
        self.spec_file = run_dir / "services" / f"{name}.json"
        self.pid_file = run_dir / "pids" / f"{name}.json"
        self.log_file = run_dir / "log" / f"{name}.log"
        self.spec = {}
        self.wanted = True
        self.restart_asked = False
        self.pid = self.pidfd = self.child = self.running_digest = None
        self.kill_at = None
        self.failures = 0
        self.restarts = 0
        self.start_at = 0.0
        self.running_since = 0.0

    def read_spec(self):
        self.spec = json.loads(self.spec_file.read_text())

    def digest(self):
        spec = json.loads(self.spec_file.read_text())
        digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode())
        for path in spec.get("env_files", []) + spec.get("inputs", []):
            digest.update(Path(path).read_bytes())
        return digest.hexdigest()

    def start(self):
        self.read_spec()
        env = dict(PLAIN_ENV)
        for path in self.spec.get("env_files", []):
            env.update(read_env_file(path))
        env.update(self.spec.get("env", {}))
        digest = self.digest()

        def before_exec():
            # Written by the child itself, so that it is recorded before it runs.
            self.write_pid_file(os.getpid(), digest)
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))

        with open(self.log_file, "ab", buffering=0) as log:
            self.child = subprocess.Popen(  # the only way a process is started here
                self.spec["argv"], cwd=self.spec["cwd"], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=before_exec,
            )
        self.watch(self.child.pid, digest)

    def write_pid_file(self, pid, digest):
        part = self.pid_file.with_suffix(".part")
        part.write_text(json.dumps({"pid": pid, "start": started_at(pid), "boot": boot_id(), "digest": digest}))
        part.replace(self.pid_file)

    def adopt(self):
        """Watches the process that an earlier worker started, if pid, start time and boot id match."""
        try:
            known = json.loads(self.pid_file.read_text())
        except (OSError, ValueError):
            return
        if known["boot"] == boot_id() and known["start"] is not None and started_at(known["pid"]) == known["start"]:
            self.watch(known["pid"], known["digest"])

    def watch(self, pid, digest):
        try:
            self.pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        self.pid, self.running_digest, self.running_since = pid, digest, time.monotonic()

    def stop(self, now):
        self.kill_at = now + self.spec.get("stop_timeout", 30)
        self.send(getattr(signal, "SIG" + self.spec.get("stop_signal", "TERM")))

    def send(self, signum):
        try:
            signal.pidfd_send_signal(self.pidfd, signum)
        except ProcessLookupError:
            pass

    def record_exit(self, now):
        """Kills the orphans of an exited process and sets when the next one may start."""
        try:
            # It leads its own group. nginx workers outlive a killed master and would keep the port.
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        if self.child is not None:
            self.child.wait()
        os.close(self.pidfd)
        self.pid_file.unlink(missing_ok=True)
        asked = self.kill_at is not None
        self.failures = 0 if asked or now - self.running_since > STEADY_S else self.failures + 1
        self.restarts += not asked
        self.start_at = now + BACKOFF_S[min(self.failures, len(BACKOFF_S) - 1)] if self.failures else now
        self.pid = self.pidfd = self.child = self.kill_at = None
        self.restart_asked = False
        return asked

    def report(self):
        alive = self.pid is not None
        try:
            outdated = alive and self.digest() != self.running_digest
        except OSError:
            outdated = True
        return {
            "name": self.name, "pid": self.pid, "restarts": self.restarts, "outdated": outdated,
            "seconds": int(time.monotonic() - self.running_since) if alive else 0,
            "state": "stopping" if self.kill_at else "running" if alive else "starting" if self.wanted else "stopped",
        }


class Supervisor:
    """The worker's loop. One thread; nothing in it waits for a process."""

    def __init__(self, run_dir, owner=None):
        self.run_dir = run_dir
        self.owner = owner and (owner, started_at(owner))
        self.services = {}
        self.leaving = False
        self.next_log_check = 0.0
        for folder in ("services", "pids", "log"):
            (run_dir / folder).mkdir(mode=0o700, exist_ok=True)

    def log(self, text):
        print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), text, flush=True)

    def scan(self):
        # A pid file without a description belongs to a removed service, which is adopted and stopped.
        described = {path.stem for path in (self.run_dir / "services").glob("*.json")}
        recorded = {path.stem for path in (self.run_dir / "pids").glob("*.json")}
        for name in sorted(described | recorded):
            if name not in self.services:
                service = self.services[name] = Service(self.run_dir, name)
                service.adopt()
                if service.pid:
                    self.log(f"{name}: adopted, pid {service.pid}")
        for name, service in self.services.items():
            service.wanted = name in described
            if service.wanted:
                service.read_spec()

    def tick(self):
        now = time.monotonic()
        alive = [service for service in self.services.values() if service.pid]
        if self.leaving and alive:
            stage = min(service.spec.get("stage", 1) for service in alive)
        for service in alive:
            due = service.spec.get("stage", 1) == stage if self.leaving else not service.wanted or service.restart_asked
            if service.kill_at is None and due:
                service.stop(now)
            elif service.kill_at is not None and now > service.kill_at:
                self.log(f"{service.name}: did not stop in time, killed")
                service.send(signal.SIGKILL)
                service.kill_at = now + 1
        for service in self.services.values():
            if not service.pid and service.wanted and not self.leaving and now >= service.start_at:
                self.start(service, now)
        if now > self.next_log_check:
            self.next_log_check = now + LOG_CHECK_S
            self.trim_logs()

    def start(self, service, now):
        try:
            service.start()
            self.log(f"{service.name}: started, pid {service.pid}")
        except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
            service.failures += 1
            service.start_at = now + BACKOFF_S[-1]
            self.log(f"{service.name}: cannot start: {error}")

    def reap_exited(self):
        for service in self.services.values():
            if service.pid is None:
                continue
            if select.select([service.pidfd], [], [], 0)[0]:  # readable: it has exited
                pid, asked = service.pid, service.record_exit(time.monotonic())
                self.log(f"{service.name}: pid {pid} {'stopped' if asked else 'died'}")
        self.services = {name: service for name, service in self.services.items() if service.wanted or service.pid}

    def trim_logs(self):
        """Keeps each log and one before it. The processes append, so cutting the file under them is safe."""
        for path in (self.run_dir / "log").glob("*.log"):
            if path.stat().st_size > LOG_LIMIT_BYTES:
                path.with_suffix(".log.1").write_bytes(path.read_bytes())
                os.truncate(path, 0)

    def answer(self, request):
        command, *rest = request
        if command == "scan":
            self.scan()
        elif command == "restart" and self.services[rest[0]].pid:
            self.services[rest[0]].restart_asked = True
        elif command == "signal" and self.services[rest[0]].pid:
            self.services[rest[0]].send(getattr(signal, "SIG" + rest[1]))
        elif command == "down":
            self.leaving = True
        return [service.report() for service in self.services.values()]

    def abandoned(self):
        """The folder was deleted, or the owning test has ended."""
        owner_gone = self.owner and started_at(self.owner[0]) != self.owner[1]
        return owner_gone or not (self.run_dir / "services").is_dir()

    def finished(self):
        return self.leaving and not any(service.pid for service in self.services.values())

    def delete_descriptions(self):
        """After a stop no service is described; the next start writes new descriptions."""
        for service in self.services.values():
            service.spec_file.unlink(missing_ok=True)

    def loop(self):
        listener = socket.socket(socket.AF_UNIX)
        Path("control.sock").unlink(missing_ok=True)
        # A relative name: the absolute path may exceed the length limit of a socket's name.
        listener.bind("control.sock")
        os.chmod("control.sock", 0o600)
        listener.listen(16)
        wake, waker = socket.socketpair()
        waker.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: setattr(self, "leaving", True))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.scan()
        while not self.finished():
            self.tick()
            self.wait(listener, wake)
            self.reap_exited()
            if not self.leaving and self.abandoned():
                self.log("abandoned: stopping everything")
                self.leaving = True
        self.delete_descriptions()

    def wait(self, listener, wake):
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            selector.register(wake, selectors.EVENT_READ)
            for service in self.services.values():
                if service.pid:
                    selector.register(service.pidfd, selectors.EVENT_READ)
            ready = {key.fileobj for key, _ in selector.select(TICK_S)}
        if wake in ready:
            wake.recv(4096)
        if listener in ready:
            self.serve(listener.accept()[0])

    def serve(self, caller):
        with caller:
            caller.settimeout(1)
            try:
                reply = self.answer(json.loads(caller.makefile().readline()))
                caller.sendall(json.dumps(reply).encode())
            except (OSError, ValueError, KeyError, IndexError, AttributeError) as error:
                self.log(f"a request failed: {error!r}")


def run(run_dir, owner):
    """Becomes a daemon of two: the guardian only restarts the worker, so that either may be killed."""
    if os.fork():
        return
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    log = os.open("log/supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.closerange(3, 4096)  # inherited locks and pipes of the caller must not stay open
    lock = os.open("supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another daemon watches this folder
    while True:
        worker = os.fork()
        if worker == 0:
            Supervisor(run_dir, owner).loop()
            Path("control.sock").unlink(missing_ok=True)
            os._exit(0)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda signum, _: os.kill(worker, signum))
        if os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == 0:
            os._exit(0)
        time.sleep(0.2)


def describe(run_dir, name, *words):
    """Writes a service's description. Words before `--` are KEY=VALUE, those after it the command."""
    at = words.index("--")
    spec = {"argv": words[at + 1:], "cwd": str(run_dir), "env_files": [], "inputs": [], "env": {}}
    for key, _, value in (word.partition("=") for word in words[:at]):
        if key in ("env_file", "input"):
            spec[key + "s"].append(value)
        elif key.isupper():
            spec["env"][key] = value
        else:
            spec[key] = int(value) if value.isdigit() else value
    (run_dir / "services").mkdir(mode=0o700, exist_ok=True)
    part = run_dir / "services" / f"{name}.part"
    part.write_text(json.dumps(spec, indent=1))
    part.replace(part.with_suffix(".json"))


def ask(*request):
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect("control.sock")
        line.sendall(json.dumps(request).encode() + b"\n")
        return json.loads(line.makefile().read())


def restart(name):
    before = next(entry["pid"] for entry in ask("restart", name) if entry["name"] == name)
    while True:
        now = next(entry for entry in ask("status") if entry["name"] == name)
        if now["state"] == "running" and now["pid"] != before:
            return
        time.sleep(0.05)


def down(run_dir):
    try:
        ask("down")
    except OSError:
        # The daemon is dead: adopt its processes and stop them.
        leftover = Supervisor(run_dir)
        leftover.scan()
        leftover.leaving = True
        while not leftover.finished():
            leftover.tick()
            time.sleep(0.05)
            leftover.reap_exited()
        leftover.delete_descriptions()
        return
    with open("supervisor.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the daemon keeps it until it exits


def main():
    run_dir, command, *rest = Path(sys.argv[1]).absolute(), *sys.argv[2:]
    os.chdir(run_dir)
    if command == "run":
        (run_dir / "log").mkdir(mode=0o700, exist_ok=True)
        run(run_dir, int(rest[1]) if rest[:1] == ["--owner"] else None)
    elif command == "down":
        down(run_dir)
    elif command == "describe":
        describe(run_dir, *rest)
    elif command == "restart":
        restart(rest[0])
    else:
        for entry in ask(command, *rest):
            print(json.dumps(entry))


if __name__ == "__main__":
    try:
        main()
    except (FileNotFoundError, ConnectionRefusedError):
        sys.exit(3)  # nothing runs here
