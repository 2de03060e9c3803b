"""Models from the columns `shape` and `weight_type`: sparse GGUF files of zeros, which take no disk.

The emulator reads shapes and types only, so one way serves every model, those of `synthetic:` too.
"""

import re
import struct

_TYPES = {"f32": (0, 1, 4), "f16": (1, 1, 2), "q4_0": (2, 32, 18), "q8_0": (8, 32, 34), "q4_K": (12, 256, 144),
          "q6_K": (14, 256, 210)}
_SHAPE = re.compile(r"(\d+)(?: layers)? x (\d+), ff (\d+), heads (\d+)/(\d+), vocab (\d+)(, tied)?$")
_POSITIONS = 8192


def parse_shape(text):
    """A dict, or None where the text has no shape."""
    found = _SHAPE.match(text.strip())
    if not found:
        return None
    names = ("layers", "width", "ff", "heads", "kv_heads", "vocab")
    shape = {name: int(value) for name, value in zip(names, found.groups())}
    shape["tied"] = bool(found.group(7))
    return shape


def parse_weights(text, model):
    """The scheme of a file's weights: a type, or q4_K_M; None where the suite has no such type.

    A bare 4 or 8 bit is q4_0 or q8_0. The default of ollama's tags is q4_0 for Llama 2 and q4_K_M for
    what came later.
    """
    text = text.strip()
    known = re.match(r"(?:q40 \()?(f32|f16|q4_0|q8_0|q6_K|q4_K_M)\b", text)
    if known:
        return known.group(1)
    if text == "ollama default":
        return "q4_0" if model.startswith("Llama 2 ") else "q4_K_M"
    bare = re.match(r"(?:int)?([48])(?: bit)?\b", text)
    return {"4": "q4_0", "8": "q8_0"}[bare.group(1)] if bare else None


def is_qwen2(model):
    return "Qwen2" in model or "Distill-Qwen" in model


def divisible(shape, scheme):
    """K-quants have blocks of 256: llama.cpp takes other types for rows that have no whole blocks."""
    return scheme not in ("q4_K_M", "q6_K") or (shape["width"] % 256 == 0 and shape["ff"] % 256 == 0)


def _layer_type(scheme, layer, layers):
    """Types of (most products, v and down): llama.cpp's q4_K_M has q6_K in half of the latter."""
    if scheme != "q4_K_M":
        return scheme, scheme
    eighth = layers // 8
    more = layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2
    return "q4_K", "q6_K" if more else "q4_K"


def tensors(shape, scheme, engine, qwen2=False):
    """[(name, dims, type)] of a model file as the engine's converter writes it."""
    width, layers = shape["width"], shape["layers"]
    kv_width = width // shape["heads"] * shape["kv_heads"]
    base = _layer_type(scheme, layers - 1, layers)[0]
    # llama.cpp keeps the output matrix of 4-bit files in q6_K (a tied one is the embedding);
    # distributed-llama converts it as every other and keeps the embedding in f32.
    head = {"q4_0": "q6_K", "q4_K_M": "q6_K"}.get(scheme, base) if engine["head"] == "q6_K" else base
    if head == "q6_K" and width % 256:
        head = "q8_0"
    embedding = head if shape["tied"] else (base if engine["embedding"] == "as weights" else engine["embedding"])
    found = [("token_embd.weight", [width, shape["vocab"]], embedding), ("output_norm.weight", [width], "f32")]
    if not shape["tied"]:
        found.append(("output.weight", [width, shape["vocab"]], head))
    for i in range(layers):
        most, some = _layer_type(scheme, i, layers)
        at = f"blk.{i}."
        found += [(at + "attn_norm.weight", [width], "f32"), (at + "attn_q.weight", [width, width], most),
                  (at + "attn_k.weight", [width, kv_width], most), (at + "attn_v.weight", [width, kv_width], some),
                  (at + "attn_output.weight", [width, width], most), (at + "ffn_norm.weight", [width], "f32"),
                  (at + "ffn_gate.weight", [width, shape["ff"]], most),
                  (at + "ffn_up.weight", [width, shape["ff"]], most),
                  (at + "ffn_down.weight", [shape["ff"], width], some)]
        if qwen2:
            found += [(at + f"attn_{n}.bias", [w], "f32") for n, w in (("q", width), ("k", kv_width), ("v", kv_width))]
    return found


def size(dims, kind):
    _, block, block_bytes = _TYPES[kind]
    count = 1
    for dim in dims:
        count *= dim
    return count // block * block_bytes


def streamed_bytes(shape, scheme, engine):
    """Weight bytes that a decoding step reads: all but the embedding, which is read where it is tied."""
    return sum(size(dims, kind) for name, dims, kind in tensors(shape, scheme, engine)
               if shape["tied"] or name != "token_embd.weight")


def weight_bytes(shape, scheme, engine):
    return sum(size(dims, kind) for _, dims, kind in tensors(shape, scheme, engine))


def _text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _pair(key, value):
    if isinstance(value, str):
        return _text(key) + struct.pack("<I", 8) + _text(value)
    if isinstance(value, float):
        return _text(key) + struct.pack("<If", 6, value)
    return _text(key) + struct.pack("<II", 4, value)


def write_gguf(path, name, shape, scheme, engine, qwen2=False):
    """A GGUF of that shape whose weights are a hole in the file."""
    arch = "qwen2" if qwen2 else "llama"
    head_width = shape["width"] // shape["heads"]
    keys = {"general.architecture": arch, "general.name": name, arch + ".block_count": shape["layers"],
            arch + ".context_length": _POSITIONS, arch + ".embedding_length": shape["width"],
            arch + ".feed_forward_length": shape["ff"], arch + ".attention.head_count": shape["heads"],
            arch + ".attention.head_count_kv": shape["kv_heads"], arch + ".attention.key_length": head_width,
            arch + ".attention.value_length": head_width, arch + ".rope.dimension_count": head_width,
            arch + ".attention.layer_norm_rms_epsilon": 1e-5, arch + ".rope.freq_base": 1e4,
            arch + ".vocab_size": shape["vocab"], "general.alignment": 32}
    infos, offset = b"", 0
    listed = tensors(shape, scheme, engine, qwen2)
    for tensor, dims, kind in listed:
        infos += _text(tensor) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims)
        infos += struct.pack("<IQ", _TYPES[kind][0], offset)
        offset += (size(dims, kind) + 31) // 32 * 32
    data = b"GGUF" + struct.pack("<IQQ", 3, len(listed), len(keys))
    data += b"".join(_pair(key, value) for key, value in keys.items()) + infos
    data += b"\0" * (-len(data) % 32)
    with open(path, "wb") as file:
        file.write(data)
        file.truncate(len(data) + offset)
