"""The product's emulator as the cost law: records of jupiter_bench, replayed by jupiter_replay.

A record depends on the model, its types, the lengths and the strategy, not on a device. So it is made
once and replayed on every board. Both are kept in a folder by a hash of what went in.
"""

import glob
import hashlib
import json
import os
import re
import subprocess
import tempfile

import exchange
import models
from needs import yaml
from rows import UserError

HERE = os.path.dirname(os.path.abspath(__file__))
_TIMES = re.compile(r"TTFT ([^\s,]+) ms, TPOT ([^\s,]+)")


class EmulatorError(Exception):
    """A program refused what it was asked."""


def find_programs():
    """The folder of the programs: JUPITER_BIN, or the build of this tree."""
    folder = os.environ.get("JUPITER_BIN", os.path.join(HERE, "..", "..", "build", "release", "bin"))
    if not os.path.exists(os.path.join(folder, "jupiter_replay")):
        raise UserError(f"no jupiter_replay in {folder}; build it (scripts/bench) or set JUPITER_BIN")
    return folder


def _key(*parts):
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]


def cluster_text(profiles, link):
    """A cluster file of these device profiles, by rank."""
    tree = {"jupiter_cluster": 1, "name": "external", "medium": "switched", "link": link,
            "devices": [{"name": f"d{i}", "profile": f"p{i}"} for i in range(len(profiles))],
            "profiles": {f"p{i}": profile for i, profile in enumerate(profiles)}}
    # Without aliases, which these files do not have.
    return yaml.safe_dump(json.loads(json.dumps(tree)), sort_keys=False)


class Emulator:
    def __init__(self, cache):
        self.programs = find_programs()
        self.cache = cache
        os.makedirs(cache, exist_ok=True)
        # Kept answers are those of one build, and of how records and models are made here.
        made = hashlib.sha256()
        for path in (os.path.join(self.programs, "jupiter_replay"), exchange.__file__, models.__file__):
            with open(path, "rb") as file:
                made.update(file.read())
        self.build = made.hexdigest()[:16]

    def _run(self, command):
        environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                       "OMPI_MCA_rmaps_base_oversubscribe": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            raise EmulatorError(f"{' '.join(command[:6])} ...: {(done.stderr or done.stdout).strip()[-300:]}")
        return done.stdout

    def _model(self, model):
        """The path of the sparse file of a model: (shape, scheme, engine, qwen2)."""
        shape, scheme, engine, qwen2 = model
        path = os.path.join(self.cache, "m" + _key(shape, scheme, engine["embedding"], engine["head"], qwen2) + ".gguf")
        if not os.path.exists(path):
            models.write_gguf(path, "m", shape, scheme, engine, qwen2)
        return path

    def record(self, model, strategy, nodes, prompt, generate, layers=""):
        """The path of a record."""
        shape, scheme, engine, qwen2 = model
        wire = engine.get("wire", "f32") if nodes > 1 else ""
        key = _key(self.build, shape, scheme, engine["embedding"], engine["head"], qwen2, strategy, nodes, prompt,
                   generate, layers, wire, engine["kv"])
        path = os.path.join(self.cache, "r" + key + ".jsonl")
        if os.path.exists(path):
            return path
        with tempfile.TemporaryDirectory() as folder:
            cluster = os.path.join(folder, "recording.yaml")
            self._write_cluster(cluster, [_any_profile()] * nodes, {"bandwidth": "1000 Mbit/s"})
            command = [] if nodes == 1 else ["mpirun", "-np", str(nodes)]
            command += [os.path.join(self.programs, "jupiter_bench"), "--emulate", cluster, "--strategy", strategy,
                        "--model", self._model(model), "--kv", engine["kv"], "--n-prompt",
                        str(prompt), "--n-gen", str(generate), "--save-records", folder]
            command += ["--wire", wire] if nodes > 1 else []
            self._run(command + (["--layers", layers] if layers else []))
            found = glob.glob(os.path.join(folder, "emulated-*.jsonl"))
            if len(found) != 1:
                raise EmulatorError(f"{strategy} on {nodes} made {len(found)} records, expected one")
            os.replace(found[0], path)
        return path

    def star(self, model, nodes, prompt, generate):
        """The path of a record with the engine's own exchange."""
        local = self.record(model, "local", 1, prompt, generate)
        engine = {key: model[2].get(key, "q8_0") for key in ("exchange", "attention", "wire")}
        return self.changed(local, f"star {nodes} {engine}", lambda lines: exchange.star_record(lines, nodes, engine))

    def changed(self, record, how, change):
        """The path of a record that `change` makes of the lines of another; `how` names the change."""
        path = os.path.join(self.cache, "x" + _key(os.path.basename(record), how) + ".jsonl")
        if not os.path.exists(path):
            with open(record, encoding="utf-8") as file:
                lines = change(file.read().splitlines())
            with open(path + ".part", "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            os.replace(path + ".part", path)
        return path

    @staticmethod
    def _write_cluster(path, profiles, link):
        with open(path, "w", encoding="utf-8") as file:
            file.write(cluster_text(profiles, link))

    def replay(self, record, profiles, link):
        """(TTFT, TPOT or None) in ms of a record on these devices."""
        kept = os.path.join(self.cache, "t" + _key(self.build, os.path.basename(record), profiles, link) + ".json")
        if os.path.exists(kept):
            with open(kept, encoding="utf-8") as file:
                return tuple(json.load(file))
        with tempfile.TemporaryDirectory() as folder:
            cluster = os.path.join(folder, "external.yaml")
            self._write_cluster(cluster, profiles, link)
            text = self._run([os.path.join(self.programs, "jupiter_replay"), "--record", record, "--cluster", cluster])
        found = _TIMES.search(text)
        if not found:
            raise EmulatorError(f"jupiter_replay printed no times of {record}")
        times = tuple(None if t == "-" else float(t) for t in found.groups())
        with open(kept, "w", encoding="utf-8") as file:
            json.dump(times, file)
        return times


def _any_profile():
    """Of the device that records: its speed plays no part."""
    ample = {"value": "4 TiB", "source": "records only"}
    rate = {"value": "1 GOP/s", "source": "records only"}
    return {"jupiter_device": 1, "name": "any", "memory": {"total": ample, "usable": ample},
            "roofline": {"memory_bandwidth": {"value": "1 GB/s", "source": "records only"},
                         "time_per_op": {"value": "0 s", "source": "records only"}, "op_rate": {"f32": rate},
                         "other_rate": rate}}
