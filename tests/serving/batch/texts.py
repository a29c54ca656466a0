"""Short articles, written for these tests, and the files they come in."""

import json
from pathlib import Path
from typing import Any

ARTICLES = [
    "وصل وفد تجاري إلى مسقط صباح الأحد.\n\nويبحث الوفد خلال الزيارة اتفاقا لنقل الركاب بين الميناءين.",
    "اتهمت سيول موسكو بأنها تسلمت من بيونغ يانغ آلاف القذائف.\n\nونفى المتحدث باسم الكرملين هذه المزاعم جملة وتفصيلا.",
    "افتتحت البلدية حديقة عامة في الحي القديم، وقال رئيسها إن العمل استغرق عاما كاملا.",
    "أشاد السفير بصمود بلاده في وجه الهيمنة الغربية، ووصف التحالف مع موسكو بأنه درع للسلام.",
]


def row(number: int, **more: Any) -> dict[str, Any]:
    """An article as a caller has it."""
    return {
        "id": f"a{number}",
        "text": ARTICLES[number % len(ARTICLES)] + f"\n\nوعدد الحضور {number + 10} شخصا.",
        "source": ["وكالة الأفق", "صحيفة الضفة", None][number % 3],
        "published": f"2024-0{1 + number % 6}-1{number % 10}",
        "desk": number,
        **more,
    }


def write_jsonl(path: Path, rows: list[Any]) -> Path:
    """Rows as JSON lines; text stands as it is, for lines that are no JSON."""
    lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
