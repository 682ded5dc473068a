"""Links that work on GitHub and on the site: what lies outside of docs/ is copied, or has a page made of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

__all__ = ["outside", "player", "relinked"]

_LINK = re.compile(r"(\]\()(?![a-z]+:|#|//)([^)\s#]+)(#[^)\s]*)?(\))")
_SOUND = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+\.wav)\)")


def outside(text: str, folder: str) -> set[str]:
    """Files outside of docs/ that a page links to, as paths from the project's root.

    Parameters
    ----------
    text : Markdown
    folder : where the page lies, from the project's root
    """
    paths = (posixpath.normpath(posixpath.join(folder, match[2])) for match in _LINK.finditer(text))
    return {path for path in paths if not path.startswith("docs/")}


def relinked(text: str, folder: str, page: str, place: Callable[[str], str | None]) -> str:
    """A page whose links lead to where things are on the site; a link to a sound becomes a player.

    Parameters
    ----------
    text : Markdown
    folder : where the page lies, from the project's root
    page : the page on the site, a path from the site's root
    place : what a path from the project's root is on the site, a path from its root; None where it is nowhere, and
        then its words stand without a link
    """

    def link(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, match[2]))
        found = place(path)
        if found is None:
            return match[0]
        return f"{match[1]}{posixpath.relpath(found, posixpath.dirname(page) or '.')}{match[3] or ''}{match[4]}"

    return _SOUND.sub(lambda match: f"{match[1]} {player(match[2])}", _LINK.sub(link, text))


def player(address: str) -> str:
    """A sound to be heard on a page."""
    return f'<audio controls preload="metadata" src="{address}"></audio>'
