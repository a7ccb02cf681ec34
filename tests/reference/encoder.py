"""A small encoder with the inputs that Hugging Face's exporter gives (input_ids, attention_mask, token_type_ids), its
tokenizer.json, and what onnxruntime answers for some sentences: tests/fixtures/text.

    python tests/reference/encoder.py
"""

import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "text"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "film", "is", "not", "good", "bad", "un", "##watch", "##able", "very", "."]
WIDTH, HEADS, LONGEST = 8, 2, 32
SENTENCES = [
    ("The film is not good.", "the film is not good ."),
    ("Very unwatchable", "very un ##watch ##able"),
    ("the film is bad zzz", "the film is bad [UNK]"),
]


def model():
    rng = np.random.default_rng(5)
    weights, nodes = {}, []

    def weight(name, *shape):
        weights[name] = rng.normal(0, 0.7, shape).astype(np.float32)
        return name

    def constant(name, value, dtype=np.int64):
        weights[name] = np.asarray(value, dtype)
        return name

    def node(op, inputs, output, **attrs):
        nodes.append(helper.make_node(op, inputs, [output], name="/" + output, **attrs))
        return output

    def norm(x, output):
        scale, bias = constant(output + ".weight", np.ones(WIDTH), np.float32), weight(output + ".bias", WIDTH)
        return node("LayerNormalization", [x, scale, bias], output, axis=-1)

    words = node("Gather", [weight("word", len(WORDS), WIDTH), "input_ids"], "words")
    types = node("Gather", [weight("type", 2, WIDTH), "token_type_ids"], "types")
    shape = node("Shape", ["input_ids"], "shape")
    length = node("Gather", [shape, constant("one", 1)], "length")
    places = node("Range", [constant("zero", 0), length, constant("step", 1)], "places")
    positions = node("Gather", [weight("position", LONGEST, WIDTH), places], "positions")
    x = norm(node("Add", [node("Add", [words, types], "typed"), positions], "placed"), "embedded")
    mask = node("Cast", [node("Unsqueeze", ["attention_mask", constant("axes", [1, 2])], "wide")], "mask", to=TensorProto.FLOAT)
    hidden = node("Mul", [node("Sub", [constant("unit", 1, np.float32), mask], "gone"), constant("far", -1e4, np.float32)], "hidden")
    split = constant("split", [0, 0, HEADS, WIDTH // HEADS])

    def heads(name, perm):
        flat = node("MatMul", [x, weight(name + ".weight", WIDTH, WIDTH)], name + ".flat")
        return node("Transpose", [node("Reshape", [flat, split], name + ".split")], name, perm=perm)

    scores = node("MatMul", [heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1])], "scores")
    scaled = node("Div", [scores, constant("root", (WIDTH // HEADS) ** 0.5, np.float32)], "scaled")
    looks = node("Softmax", [node("Add", [scaled, hidden], "masked")], "attention", axis=-1)
    mixed = node("MatMul", [looks, heads("value", [0, 2, 1, 3])], "mixed")
    joined = node("Reshape", [node("Transpose", [mixed], "turned", perm=[0, 2, 1, 3]), constant("join", [0, 0, WIDTH])], "joined")
    last = norm(node("Add", [x, joined], "residual"), "last")
    first = node("Gather", [last, constant("cls", 0)], "first", axis=1)
    node("Gemm", [first, weight("head.weight", WIDTH, 2), weight("head.bias", 2)], "logits")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    graph = helper.make_graph(
        nodes,
        "encoder",
        inputs,
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made, full_check=True)
    return made


def tokenizer():
    special = [
        {"id": WORDS.index(w), "content": w, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for w in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
    ]
    return {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": LONGEST, "strategy": "LongestFirst", "stride": 0},
        "padding": None,
        "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", WORDS.index("[SEP]")], "cls": ["[CLS]", WORDS.index("[CLS]")]},
        "decoder": None,
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {word: i for i, word in enumerate(WORDS)},
        },
    }


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    onnx.save(model(), OUT / "encoder.onnx")
    (OUT / "tokenizer.json").write_text(json.dumps(tokenizer(), indent=1) + "\n")
    session = onnxruntime.InferenceSession(str(OUT / "encoder.onnx"))
    cases = []
    for sentence, pieces in SENTENCES:
        ids = [WORDS.index(w) for w in ["[CLS]", *pieces.split(), "[SEP]"]]
        padded = np.array([ids + [0] * (12 - len(ids))], np.int64)
        answers = [
            session.run(None, {"input_ids": x, "attention_mask": (x != 0).astype(np.int64), "token_type_ids": np.zeros_like(x)})[0][0].tolist()
            for x in (np.array([ids], np.int64), padded)
        ]
        cases.append({"sentence": sentence, "ids": ids, "logits": answers[0], "padded_logits": answers[1]})
    (OUT / "expected.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
