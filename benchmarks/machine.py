"""What a figure was measured on."""

import os
import platform
from pathlib import Path

# Instructions that decide how fast a processor multiplies in less than f32.
MULTIPLIERS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "amx_int8", "bf16", "i8mm")

NO_BF16 = "this processor does not multiply bf16"


def facts() -> dict[str, str]:
    """Processor, cores, memory, system; what the system does not tell is left out."""
    found = {"system": f"{platform.system()} {platform.release()}", "python": platform.python_version()}
    found["cores"] = str(n_cores())
    cpu = Path("/proc/cpuinfo")
    if cpu.is_file():
        fields = {
            name.strip().lower(): value.strip()
            for name, colon, value in (line.partition(":") for line in cpu.read_text().splitlines())
            if colon
        }
        found["processor"] = fields.get("model name", platform.machine())
        flags = set(fields.get("flags", fields.get("features", "")).split())
        found["multiplies with"] = ", ".join(name for name in MULTIPLIERS if name in flags)
    memory = Path("/proc/meminfo")
    if memory.is_file():
        kib = int(memory.read_text().splitlines()[0].split()[1])
        found["memory"] = f"{kib / 1024**2:.0f} GiB"
    return found


def multiplies_bf16() -> bool:
    """Whether the processor has instructions for it; without them bfloat16 is counted out in f32, and far slower."""
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & set(facts().get("multiplies with", "").split(", ")))


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
