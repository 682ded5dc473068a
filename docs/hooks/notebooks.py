"""Notebooks as pages: their words and code, without what they print."""

from __future__ import annotations

import json
import re
from pathlib import Path

__all__ = ["as_markdown"]

_BADGE = re.compile(r"!\[([^\]]*)\]\(https?:[^)]*\)")


def as_markdown(path: Path) -> str:
    """A notebook's cells in Markdown; a badge from elsewhere becomes a link with its words."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    parts = []
    for cell in cells:
        text = _BADGE.sub(r"\1", "".join(cell["source"]).strip())
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
    return "\n\n".join(parts) + "\n"
