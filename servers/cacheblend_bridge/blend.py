"""BLEND: arms the fork so that the next prefill meets the stored KV, and holds what it did against that."""

from dataclasses import dataclass
from typing import Any, Sequence

from .fork import Fork
from .pieces import Pieces


@dataclass(frozen=True)
class BlendOptions:
    """Share of the chunks' tokens to recompute, and the layer at which fresh and stored values are compared."""

    recompute_ratio: float
    check_layer: int


#: Nothing is recomputed and nothing compared: from layer 1 on only the question has rows. Layer 0 is computed for all,
#: which changes nothing, for its keys and values depend on no other token.
FULL_REUSE = BlendOptions(recompute_ratio=0.0, check_layer=0)


def arm(fork: Fork, pieces: Pieces, stored: Sequence[list[Any]], tokens: int, options: BlendOptions) -> None:
    """Puts the chunks' KV in their places, in copies, and sets the fork's switches for one prefill."""
    old: list[list[Any]] = [[None, None] for _ in range(options.check_layer)]
    for layer in range(options.check_layer, fork.layers):
        old.append([_placed(pieces, [kv[layer][of] for kv in stored], tokens) for of in (0, 1)])
    # Reading a row back waits for the copies, which a GPU makes after the call that asks for them.
    old[-1][1][tokens - 1 :].tolist()
    fork.set_old(old)
    fork.metadata.update(
        collect=False,
        check=True,
        check_layers=[options.check_layer],
        suffix_len=pieces.question_tokens,
        recomp_ratio=options.recompute_ratio,
        imp_indices=None,
    )


def _placed(pieces: Pieces, rows: Sequence[Any], tokens: int) -> Any:
    """One tensor of all tokens; the question's rows are zeros, which the fork overwrites before it reads them."""
    placed = rows[0].new_zeros((tokens, *rows[0].shape[1:]))
    for piece, own in zip(pieces.chunks, rows):
        placed[piece.start : piece.end] = own
    return placed


def recomputed_tokens(fork: Fork, pieces: Pieces, tokens: int, options: BlendOptions) -> int:
    """How many of the chunks' tokens the fork says it recomputed.

    Raises RuntimeError where that is not what was asked for, as when the attention backend is not the fork's own.
    """
    chosen = fork.metadata["imp_indices"]
    if chosen is None:
        raise RuntimeError("The fork did not blend: it chose no tokens. Is its xFormers attention backend in use?")
    wanted = int((tokens - pieces.question_tokens) * options.recompute_ratio)
    found = len(chosen) - pieces.question_tokens
    if found != wanted:
        raise RuntimeError(f"The fork recomputed {found} tokens beside the question where {wanted} were asked for.")
    return found
