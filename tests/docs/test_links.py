from docs.hooks.links import outside, relinked
from docs.hooks.numpydoc import read

PAGE = "See [a](b.md#c), ![p](../results/p.png), [w](../results/w.wav), [x](https://x.org/y), [here](#there)."


def test_what_lies_outside_is_found() -> None:
    assert outside(PAGE, "docs") == {"results/p.png", "results/w.wav"}


def test_links_lead_to_where_things_are_on_the_site() -> None:
    places = {"docs/b.md": "b.md", "results/p.png": "results/p.png", "results/w.wav": "results/w.wav"}
    assert relinked(PAGE, "docs", "guide/page.md", places.get) == (
        "See [a](../b.md#c), ![p](../results/p.png), "
        'w <audio controls preload="metadata" src="../results/w.wav"></audio>, [x](https://x.org/y), [here](#there).'
    )


def test_what_is_nowhere_stays_for_mkdocs_to_complain_of() -> None:
    assert relinked("[a](nowhere.md)", "docs", "page.md", lambda path: None) == "[a](nowhere.md)"


DOC = """Sum.

>>> 1 + 1
2

Parameters
----------
a, b : two
    numbers
**more : others

Returns
-------
their sum

Raises
------
ValueError
    Never.

References
----------
Nobody (1900)."""

READ = """Sum.

```pycon
>>> 1 + 1
2
```

Parameters
----------
a, b
    two
    numbers
**more
    others

Returns
-------
:
    their sum

Raises
------
ValueError
    Never.

**References**

Nobody (1900)."""


def test_docstrings_are_read_as_we_write_them() -> None:
    assert read(DOC) == READ
