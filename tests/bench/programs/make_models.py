"""Writes small models in every file format, right ones and wrong ones.

A wrong one is a right one with a field of its container changed before it is built, or with bytes of it
changed afterwards. Layouts: GGUF specification (ggml-org/ggml, docs/gguf.md), safetensors (format.md of
huggingface/safetensors), llama2.c (export version 0).
"""
import dataclasses
import json
import math
import struct

HIDDEN, FFN, LAYERS, HEADS, KV_HEADS, VOCAB, CONTEXT = 64, 96, 2, 4, 2, 32, 64
KV = HIDDEN // HEADS * KV_HEADS
# role: (name in GGUF, name in safetensors, rows, columns); no rows: a vector
LAYER_TENSORS = [
    ("attn_norm", "input_layernorm", None, HIDDEN),
    ("attn_q", "self_attn.q_proj", HIDDEN, HIDDEN),
    ("attn_k", "self_attn.k_proj", KV, HIDDEN),
    ("attn_v", "self_attn.v_proj", KV, HIDDEN),
    ("attn_output", "self_attn.o_proj", HIDDEN, HIDDEN),
    ("ffn_norm", "post_attention_layernorm", None, HIDDEN),
    ("ffn_gate", "mlp.gate_proj", FFN, HIDDEN),
    ("ffn_down", "mlp.down_proj", HIDDEN, FFN),
    ("ffn_up", "mlp.up_proj", FFN, HIDDEN),
]
# The order of llama2.c: each kind for all layers at once.
LLAMA2C_ORDER = ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate",
                 "ffn_down", "ffn_up"]
GGUF_F32, GGUF_Q8_0 = 0, 8
GGUF_U32, GGUF_FLOAT, GGUF_STRING = 4, 6, 8


def floats(count, size=0.2):
    """Weights that are small (or of another size), fixed and not all alike."""
    return struct.pack(f"<{count}f", *(size * math.sin(1.7 * i + count) for i in range(count)))


def q8_0(count):
    """As many weights in q8_0 blocks: an f16 scale and 32 int8."""
    block = struct.pack("<e32b", 0.002, *((29 * i) % 255 - 127 for i in range(32)))
    return block * (count // 32)


@dataclasses.dataclass
class Tensor:
    """One tensor of a file; `shape` is slowest first."""
    name: str
    shape: list
    data: bytes
    dtype: object = None
    offset: int = 0


def all_tensors(names, weights=floats):
    """The tensors of the model, named by `names` (0: GGUF, 1: safetensors)."""
    embedding = ("token_embd.weight", "model.embed_tokens.weight")[names]
    norm = ("output_norm.weight", "model.norm.weight")[names]
    layer = ("blk.{}.{}.weight", "model.layers.{}.{}.weight")[names]
    tensors = [Tensor(embedding, [VOCAB, HIDDEN], weights(VOCAB * HIDDEN)),
               Tensor(norm, [HIDDEN], floats(HIDDEN))]
    for index in range(LAYERS):
        for *role, rows, columns in LAYER_TENSORS:
            tensors.append(Tensor(
                layer.format(index, role[names]), [rows, columns] if rows else [columns],
                weights(rows * columns) if rows else floats(columns)))
    return tensors


def string(text):
    return struct.pack("<Q", len(text)) + text.encode()


class Gguf:
    """A GGUF file in parts."""

    def __init__(self, quantised=False):
        self.magic = b"GGUF"
        self.version = 3
        self.values = {"general.architecture": (GGUF_STRING, string("llama"))}
        for key, value in [("context_length", CONTEXT), ("embedding_length", HIDDEN),
                           ("block_count", LAYERS), ("feed_forward_length", FFN),
                           ("attention.head_count", HEADS), ("attention.head_count_kv", KV_HEADS),
                           ("rope.dimension_count", HIDDEN // HEADS), ("vocab_size", VOCAB)]:
            self.values[f"llama.{key}"] = (GGUF_U32, struct.pack("<I", value))
        epsilon = struct.pack("<f", 1e-5)
        self.values["llama.attention.layer_norm_rms_epsilon"] = (GGUF_FLOAT, epsilon)
        self.tensors = all_tensors(0, q8_0 if quantised else floats)
        self.tensor_count = len(self.tensors)
        self.value_count = len(self.values)
        offset = 0
        for tensor in self.tensors:
            tensor.dtype = GGUF_Q8_0 if quantised and len(tensor.shape) == 2 else GGUF_F32
            tensor.offset = offset
            offset += -(-len(tensor.data) // 32) * 32

    def tensor(self, name):
        return next(tensor for tensor in self.tensors if tensor.name == name)

    def head(self):
        parts = [self.magic, struct.pack("<IQQ", self.version, self.tensor_count, self.value_count)]
        parts += [string(key) + struct.pack("<I", kind) + value
                  for key, (kind, value) in self.values.items()]
        for tensor in self.tensors:
            parts.append(string(tensor.name) + struct.pack("<I", len(tensor.shape)))
            parts.append(struct.pack(f"<{len(tensor.shape)}Q", *reversed(tensor.shape)))
            parts.append(struct.pack("<IQ", tensor.dtype, tensor.offset))
        head = b"".join(parts)
        return head + bytes(-len(head) % 32)

    def build(self):
        data = b"".join(tensor.data + bytes(-len(tensor.data) % 32) for tensor in self.tensors)
        return self.head() + data


class Safetensors:
    """A Hugging Face directory in parts: config.json and one file of tensors."""

    def __init__(self):
        self.config = {
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": HIDDEN,
            "intermediate_size": FFN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
            "num_key_value_heads": KV_HEADS, "vocab_size": VOCAB,
            "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
            "hidden_act": "silu", "tie_word_embeddings": True}
        self.data = b""
        self.entries = {}
        for tensor in all_tensors(1):
            begin = len(self.data)
            self.data += tensor.data
            self.entries[tensor.name] = {"dtype": "F32", "shape": tensor.shape,
                                         "data_offsets": [begin, len(self.data)]}

    def build(self):
        header = json.dumps(self.entries).encode()
        return struct.pack("<Q", len(header)) + header + self.data


# Weights of the first layer with which runs overflow: in f32, where hidden rows or keys and values are f16, and where
# a norm adds up squares.
OVERFLOW_F32 = {"ffn_gate": 100, "ffn_up": 1e4, "ffn_down": 3e38}
OVERFLOW_ROWS_F16 = {"ffn_down": 1e9}
OVERFLOW_KV_F16 = {"attn_v": 1e9}
OVERFLOW_NORM = {"ffn_down": 1e25}


def overflowing(sizes):
    """A GGUF file that is right, with weights of these kinds in the first layer so large that a run overflows."""
    gguf = Gguf()
    for kind, size in sizes.items():
        tensor = gguf.tensor(f"blk.0.{kind}.weight")
        tensor.data = floats(len(tensor.data) // 4, size)
    return gguf.build()


def llama2c(header=None):
    """A legacy llama2.c file; `header` replaces its seven numbers."""
    numbers = header or [HIDDEN, FFN, LAYERS, HEADS, KV_HEADS, VOCAB, CONTEXT]
    tensors = {tensor.name: tensor.data for tensor in all_tensors(0)}
    parts = [struct.pack("<7i", *numbers), tensors["token_embd.weight"]]
    parts += [tensors[f"blk.{layer}.{kind}.weight"] for kind in LLAMA2C_ORDER
              for layer in range(LAYERS)]
    parts += [tensors["output_norm.weight"], floats(CONTEXT * HIDDEN // HEADS)]
    return b"".join(parts)
