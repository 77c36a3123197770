#!/usr/bin/env python3
"""Counts what makes the code hard to read, so that two checkouts can be compared: code-report.py [CHECKOUT…]

Old words are those that docs/glossary.md replaces; a word with a second, standard meaning (take, hold, place, stand)
is counted too, so zero is not the aim for those. Import cycles are counted between files of src and of web/src.
"""
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

WORDS = """settle settles settled settling shelf shelves bury buried doorbell linger whoever tripwire fault faults bearer bearers
bears noun nouns verdict fate yardstick letters charged loser losers keeper heirs parked ledger visitor listening
judge judges place places takes taken stands standing tells told hears says speaks lies gone came meanwhile forget
forgets patience dress machines floor floors""".split()
PHRASES = ["what became of", "for good", "take back", "put back", "takes back", "keep aside", "kept aside"]
TEXT = (".rs", ".ts", ".vue", ".md", ".sql", ".css", ".json", ".sh", ".py")


def files(root, *folders):
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "--", *folders], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    return [Path(root) / name for name in listed if name.endswith(TEXT) and (Path(root) / name).is_file()]


def parts(text):
    """Words of prose and of identifiers: `keptAside`, `kept_aside` and "kept aside" count alike."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)]


def old_words(root):
    total, by_word = {}, Counter()
    for folder in ("src", "web/src", "docs"):
        count = 0
        for path in files(root, folder):
            if path.name == "schema.gen.ts" or path.name == "openapi.json":
                continue
            text = path.read_text(errors="replace")
            words = Counter(parts(text))
            found = Counter({word: words[word] for word in WORDS if words[word]})
            for phrase in PHRASES:
                hits = len(re.findall(phrase, text, re.I))
                if hits:
                    found[phrase] += hits
            by_word.update(found)
            count += sum(found.values())
        total[folder] = count
    spec = Path(root) / "docs/openapi.json"
    prose = " ".join(strings(json.loads(spec.read_text()))) if spec.is_file() else ""
    words = Counter(parts(prose))
    total["docs/openapi.json"] = sum(words[word] for word in WORDS) + sum(
        len(re.findall(phrase, prose, re.I)) for phrase in PHRASES
    )
    return total, by_word


def strings(value):
    """Descriptions and summaries of the specification."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("description", "summary") and isinstance(inner, str):
                yield inner
            else:
                yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def rust_imports(root):
    """File -> files it names, by `crate::`, `super::` and `self::` paths."""
    src = Path(root) / "src"
    modules = {}
    for path in files(root, "src"):
        if path.suffix != ".rs":
            continue
        name = path.relative_to(src).with_suffix("").parts
        name = name[:-1] if name[-1] in ("mod", "lib", "main") else name
        modules[name] = path
    edges = {}
    for name, path in modules.items():
        text = re.sub(r"#\[cfg\(test\)\]\s*mod tests.*", "", path.read_text(), flags=re.S)
        text = re.sub(r"//[^\n]*", "", text)
        is_folder = path.name in ("mod.rs", "lib.rs")
        targets = set()
        for start, rest in re.findall(r"\b(crate|super|self)::((?:[a-z_0-9]+::)*[a-z_0-9]*(?:\{[^;]*?\})?)", text):
            base = {"crate": (), "self": name, "super": name[:-1] if not is_folder else name[:-1]}[start]
            head, _, group = rest.partition("{")
            steps = [step for step in head.split("::") if step]
            tails = re.findall(r"[a-z_0-9:]+", group) or [""]
            for tail in tails:
                full = base + tuple(steps) + tuple(step for step in tail.split("::") if step)
                while full and full not in modules:
                    full = full[:-1]
                if full and full != name:
                    targets.add(full)
        edges[name] = {t for t in targets if not (t == name[: len(t)] and modules[t].name == "mod.rs")}
    return edges


def web_imports(root):
    src = Path(root) / "web/src"
    known = {path.relative_to(src).as_posix() for path in files(root, "web/src")}
    edges = {}
    for name in known:
        if not name.endswith((".ts", ".vue")) or ".spec." in name:
            continue
        found = set()
        text = (src / name).read_text()
        for target in re.findall(r"""from\s+['"]((?:\.|@)[^'"]*)['"]""", text):
            path = target[2:] if target.startswith("@/") else str((Path(name).parent / target))
            path = Path("/" + path).resolve().as_posix()[1:]
            for ending in ("", ".ts", ".vue", "/index.ts"):
                if path + ending in known:
                    found.add(path + ending)
        edges[name] = found
    return edges


def cycles(edges):
    """Strongly connected components of more than one file."""
    index, low, stack, on, result, count = {}, {}, [], set(), [], [0]
    sys.setrecursionlimit(10000)

    def visit(node):
        index[node] = low[node] = count[0]
        count[0] += 1
        stack.append(node)
        on.add(node)
        for target in edges.get(node, ()):
            if target not in edges:
                continue
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in on:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = []
            while True:
                top = stack.pop()
                on.discard(top)
                group.append(top)
                if top == node:
                    break
            if len(group) > 1:
                result.append(sorted("/".join(part) if isinstance(part, tuple) else part for part in group))

    for node in edges:
        if node not in index:
            visit(node)
    return result


def report(root):
    words, by_word = old_words(root)
    rust = [path for path in files(root, "src") if path.suffix == ".rs"]
    text = "\n".join(path.read_text() for path in rust)
    lines = {path: len(path.read_text().splitlines()) for path in files(root, "src", "tests", "web/src") if path.suffix in (".rs", ".ts", ".vue") and path.name != "schema.gen.ts"}
    longest = max(lines, key=lines.get)
    rust_cycles, web_cycles = cycles(rust_imports(root)), cycles(web_imports(root))
    signatures = re.findall(r"\bfn\s+\w+[^{;]*", text)
    tuples = sum(len(re.findall(r"[(,]\s*\([^()]*\)\s*:\s*&?\(", signature)) for signature in signatures)
    print(f"== {root}")
    for folder, count in words.items():
        print(f"old words in {folder:<18} {count:>6}")
    print("   most frequent:", ", ".join(f"{word} {count}" for word, count in by_word.most_common(12)))
    print(f"import cycles in src       {len(rust_cycles):>6}", *rust_cycles[:8], sep="\n   " if rust_cycles else " ")
    print(f"import cycles in web/src   {len(web_cycles):>6}", *web_cycles[:8], sep="\n   " if web_cycles else " ")
    print(f"longest file               {lines[longest]:>6}  {longest.relative_to(root)}")
    print(f"Ok(Ok(                     {text.count('Ok(Ok('):>6}")
    print(f"tuple parameters           {tuples:>6}")
    print(f"lines of src               {sum(len(path.read_text().splitlines()) for path in rust):>6}")


for checkout in sys.argv[1:] or ["."]:
    report(checkout)
