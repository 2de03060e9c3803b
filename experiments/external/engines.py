"""Engines and links of engines.yaml."""

import os
import re

from needs import yaml

HERE = os.path.dirname(os.path.abspath(__file__))


class Engines:
    def __init__(self, path=os.path.join(HERE, "engines.yaml")):
        with open(path, encoding="utf-8") as file:
            self.tree = yaml.safe_load(file)

    def find(self, software):
        """The engine of a column `software`, what its version does over it; or None."""
        for engine in self.tree["engines"]:
            if re.search(engine["match"], software):
                version = next((v for v in engine.get("versions", ()) if re.search(v["match"], software)), {})
                return {**engine, **version, "name": engine["name"]}
        return None

    def unsupported(self, software):
        return next((u["reason"] for u in self.tree["unsupported"] if re.search(u["match"], software)), "")

    def link(self, network):
        return next((link for link in self.tree["links"] if re.search(link["match"], network)), None)
