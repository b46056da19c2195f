"""What the processor can do."""

import pathlib
import re

CPUINFO = pathlib.Path("/proc/cpuinfo")


def bfloat16_instructions():
    """Which instructions for products of bfloat16 the processor has.

    Returns:
        A sorted list of the names that Linux has for them, `"amx_bf16"` and
        `"avx512_bf16"`; an empty one where there are none, or no such file.
    """
    try:
        text = CPUINFO.read_text()
    except OSError:
        return []
    return sorted(set(re.findall(r"\b(?:avx512_bf16|amx_bf16)\b", text)))
