"""Models that are wrong in one way each, with what the error must say of it.

bad_models(folder) writes them; the one line of the error has the base name of the path and the pattern.
"""
import json
import os
import struct

import make_models
from make_models import Gguf, Safetensors, llama2c, string


def _gguf(change=None, quantised=False, edit=None):
    """The bytes of a GGUF file after change(gguf) and then edit(bytes)."""
    gguf = Gguf(quantised)
    if change:
        change(gguf)
    data = gguf.build()
    return edit(data) if edit else data


def _set(name, **fields):
    """A change of fields of one tensor."""
    def change(gguf):
        for field, value in fields.items():
            setattr(gguf.tensor(name), field, value)
    return change


def _without(name):
    def change(gguf):
        gguf.tensors.remove(gguf.tensor(name))
        gguf.tensor_count -= 1
    return change


def _value(key, kind, data):
    def change(gguf):
        gguf.values[key] = (kind, data)
    return change


def _last_value(kind, data):
    """One more value, that ends the metadata."""
    def change(gguf):
        gguf.values["general.last"] = (kind, data)
        gguf.value_count += 1
    return change


def _attribute(**fields):
    def change(gguf):
        for field, value in fields.items():
            setattr(gguf, field, value)
    return change


def _nan_scale(gguf):
    tensor = gguf.tensor("blk.1.ffn_up.weight")
    tensor.data = struct.pack("<H", 0x7E00) + tensor.data[2:]


def _gguf_files():
    """(name, bytes, pattern) of every wrong GGUF file."""
    up, norm = "blk.1.ffn_up.weight", "output_norm.weight"
    yield "truncated-header", _gguf(edit=lambda data: data[:15]), r"truncated|ends|bytes"
    yield "truncated-metadata", _gguf(edit=lambda data: data[:200]), r"truncated|ends|bytes"
    yield "truncated-tensor", _gguf(edit=lambda data: data[:-4096]), up
    yield "wrong-magic", _gguf(_attribute(magic=b"GGUQ")), r"GGUF|format|magic"
    yield "wrong-version", _gguf(_attribute(version=9)), r"version 9"
    yield "absurd-tensor-count", _gguf(_attribute(tensor_count=2**62)), str(2**62)
    yield "absurd-value-count", _gguf(_attribute(value_count=2**63 + 5)), str(2**63 + 5)
    yield "absurd-string", _gguf(_last_value(8, struct.pack("<Q", 2**60))), str(2**60)
    yield ("absurd-array",
           _gguf(_last_value(9, struct.pack("<IQ", make_models.GGUF_U32, 2**61))), str(2**61))
    yield "absurd-layers", _gguf(_value("llama.block_count", 4, struct.pack("<I", 2**31))), "block_count"
    yield "no-layers", _gguf(_value("llama.block_count", 4, struct.pack("<I", 0))), r"layers|block_count"
    yield "offset-outside", _gguf(_set(up, offset=2**40)), up
    yield "offset-wraps", _gguf(_set(up, offset=2**64 - 32)), up
    yield "overlapping", _gguf(_set(up, offset=0)), up
    yield "wrong-shape", _gguf(_set(up, shape=[80, 64])), up + r".*(80|64)"
    yield "too-many-dimensions", _gguf(_set(norm, shape=[1] * 9)), norm
    yield "missing-tensor", _gguf(_without(up)), up
    yield "unknown-dtype", _gguf(_set(up, dtype=99)), up + r".*99"
    yield "known-other-dtype", _gguf(_set(up, dtype=10)), up + r".*Q2_K"
    yield ("unknown-architecture", _gguf(_value("general.architecture", 8, string("mamba"))),
           r"architecture.*mamba")
    yield "nan-scale", _gguf(_nan_scale, quantised=True), r"layers\.1\.w_up.*scale.*not finite"
    yield "heads-do-not-fit", _gguf(_value("llama.attention.head_count", 4, struct.pack("<I", 7))), "head"
    yield "empty", b"", r"empty|not a GGUF"


def _entry(name, **fields):
    def change(model):
        model.entries[name].update(fields)
    return change


def _config(**fields):
    def change(model):
        model.config.update(fields)
    return change


def _header(data):
    """A change of the bytes before the tensors."""
    def edit(_):
        return data
    return edit


def _cut(count):
    def edit(data):
        return data[:count]
    return edit


def _drop(name):
    def change(model):
        del model.entries[name]
    return change


def _safetensors_cases():
    """(name, change, edit of the tensor file, pattern) of every wrong directory."""
    up = "model.layers.1.mlp.up_proj.weight"
    many = "model.embed_tokens.weight"
    huge = struct.pack("<Q", 2**60)
    yield "truncated-header", None, _cut(5), r"model\.safetensors"
    yield "truncated-names", None, _cut(300), r"model\.safetensors"
    yield "truncated-tensor", None, _cut(-4096), r"model\.safetensors"
    yield "wrong-magic", None, _header(b"PK\3\4" + bytes(4000)), r"model\.safetensors"
    yield "absurd-header-length", None, _header(huge + b"{}"), r"model\.safetensors.*" + str(2**60)
    yield "header-no-json", None, _header(struct.pack("<Q", 4) + b"{{{{"), r"model\.safetensors.*JSON"
    yield "offset-outside", _entry(many, data_offsets=[2**40, 2**40 + 8192]), None, many
    yield "offset-negative", _entry(many, data_offsets=[-8192, 0]), None, many
    yield "offset-backwards", _entry(many, data_offsets=[8192, 0]), None, many
    yield "overlapping", _entry(up, data_offsets=[0, 96 * 64 * 4]), None, up
    yield "wrong-shape", _entry(up, shape=[64, 96]), None, up
    yield "absurd-shape", _entry(up, shape=[2**62, 2**62]), None, up
    yield "missing-tensor", _drop(up), None, up
    yield "unknown-dtype", _entry(up, dtype="F9"), None, up + r".*F9"
    yield "other-dtype", _entry(up, dtype="I32"), None, up + r".*I32"
    yield ("unknown-architecture", _config(architectures=["GPTBigCodeForCausalLM"],
                                           model_type="gpt_bigcode"), None, r"GPTBigCode|gpt_bigcode")
    yield "absurd-layers", _config(num_hidden_layers=10**12), None, "num_hidden_layers"
    yield "layers-no-number", _config(num_hidden_layers="two"), None, "num_hidden_layers"


def _llama2c_files():
    """(name, bytes, pattern) of every wrong llama2.c file."""
    right = llama2c()
    yield "truncated-header", right[:17], r"header|bytes|format"
    yield "truncated-tensor", right[:-5000], r"bytes"
    yield "surplus-bytes", right + bytes(4), r"bytes"
    yield "wrong-magic", b"24ka" + right[4:], r"version"
    yield "absurd-counts", llama2c([2**30] * 7), r"\d{6}"
    yield "negative-counts", llama2c([64, 96, -2, 4, 2, 32, 64]), r"-2"
    yield "no-heads", llama2c([64, 96, 2, 0, 2, 32, 64]), r"heads"
    yield "wrong-shape", llama2c([64, 128, 2, 4, 2, 32, 64]), r"bytes"


def bad_models(folder):
    """Writes all of them into `folder`; yields (name, path, pattern)."""
    for extension, files in [("gguf", _gguf_files()), ("bin", _llama2c_files())]:
        for name, data, pattern in files:
            path = os.path.join(folder, f"{name}.{extension}")
            with open(path, "wb") as file:
                file.write(data)
            yield f"{extension} {name}", path, pattern
    for name, change, edit, pattern in _safetensors_cases():
        path = os.path.join(folder, f"{name}-hf")
        os.mkdir(path)
        model = Safetensors()
        if change:
            change(model)
        data = model.build()
        with open(os.path.join(path, "model.safetensors"), "wb") as file:
            file.write(edit(data) if edit else data)
        with open(os.path.join(path, "config.json"), "w", encoding="utf-8") as file:
            json.dump(model.config, file)
        yield f"safetensors {name}", path, pattern
