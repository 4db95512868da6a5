"""Makes test/fixtures/tokenizers: two small tokenizers, and what the native library makes of some texts.

    pip install tokenizers==0.23.3
    python3 test/client/reference-tokens.py

`byte-level.json` is of the kind of Llama 3 and Qwen (byte-level BPE behind Llama 3's own pattern), `sentencepiece.json` of
the kind of Llama 2 and Mistral (BPE over "▁" with byte fallback, no pre-tokenizer); both are trained on datasets/ffmpeg.txt.
"""

import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "test/fixtures/tokenizers"
TEXT = (ROOT / "datasets/ffmpeg.txt").read_text()
LINES = [line for line in TEXT.split("\n") if line] + ["中文文本，也要能切开。汉字、标点；都算。", "Привет, мир", "naïve café"]

# meta-llama/Meta-Llama-3-8B, tokenizer.json.
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

TEXTS = [
    "",
    " ",
    "hello world",
    " hello  world ",
    "One two.\nThree four\n\n\nfive\t six",
    "don't we'll I'M 2026-11-25 12345.678",
    "naïve café — “quoted” … ½",
    "Привет, мир! Γειά σου",
    "中文文本，也要能切开。汉字、标点；都算。",
    "emoji 🌍🌍 👩‍💻 flags 🇩🇪",
    "\n\nA line\r\nand another\r\n\r\n  indented",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    TEXT[:3000],
]


def byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(LINES, trainer)
    return tokenizer


def sentencepiece() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    # Words apart while merges are learnt, so that none goes across a space, as in Llama 2.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    trainer = trainers.BpeTrainer(
        vocab_size=1500,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)],
        show_progress=False,
    )
    tokenizer.train_from_iterator(LINES, trainer)
    # From here on as meta-llama/Llama-2-7b-hf, tokenizer.json.
    tokenizer.pre_tokenizer = None
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


OUT.mkdir(parents=True, exist_ok=True)
for name, tokenizer in {"byte-level": byte_level(), "sentencepiece": sentencepiece()}.items():
    (OUT / f"{name}.json").write_text(tokenizer.to_str() + "\n")
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    expected = {"source": "tokenizers 0.23.3, test/client/reference-tokens.py", "texts": TEXTS, "ids": ids}
    (OUT / f"{name}.expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")
