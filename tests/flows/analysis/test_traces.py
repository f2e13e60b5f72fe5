"""Stack traces of several languages, and the files that they are in."""

import pytest

from flows.analysis.traces import MOST_FRAMES, Frame, files_of, frames_of

PYTHON = """Traceback (most recent call last):
  File "/srv/app/shop/web/routes.py", line 12, in checkout
    total = cart.total()
  File "/usr/lib/python3.11/functools.py", line 5, in wrapper
  File "/venv/lib/python3.11/site-packages/x/y.py", line 1, in z
  File "/srv/app/shop/cart/basket.py", line 40, in total
KeyError: 'total'
"""


SCRIPT = """TypeError: x
    at total (/app/src/cart.js:3:9)
    at src/page.tsx:7:1
    at run (/app/node_modules/react/index.js:1:1)
"""


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        (
            PYTHON,
            [
                Frame("/srv/app/shop/cart/basket.py", 40, "total"),
                Frame("x/y.py", 1, "z", installed=True),
                Frame("/srv/app/shop/web/routes.py", 12, "checkout"),
            ],
        ),
        (
            SCRIPT,
            [Frame("/app/src/cart.js", 3, "total"), Frame("src/page.tsx", 7)],
        ),
        (
            "  at com.acme.Cart.total(Cart.java:12)\n  at com.acme.Cart.<init>(Cart.java:3)",
            [
                Frame("com/acme/Cart.java", 12, "com.acme.Cart.total"),
                Frame("Cart.java", 3, ""),
            ],
        ),
        ("main.total()\n\t/go/src/acme/cart.go:12 +0x1f", [Frame("/go/src/acme/cart.go", 12)]),
        ("thread 'main' panicked at src\\cart.rs:4:5", [Frame("src/cart.rs", 4)]),
        (
            "KeyError File a/b.py, line 3, in f File a/c.py, line 4, in g",
            [Frame("a/c.py", 4, "g"), Frame("a/b.py", 3, "f")],
        ),
        ("tests/test_a.py:7: AssertionError", [Frame("tests/test_a.py", 7)]),
        ("It is broken since 12:30, see https://acme.example", []),
    ],
)
def test_frames_are_read_where_it_broke_first(text: str, frames: list[Frame]) -> None:
    """Python writes the last call last, others first; what is in libraries is left out."""
    found = frames_of(text)
    if "Cart.<init>" in text:  # a constructor has no method, so its package is unknown
        assert found[0] == frames[0]
        assert found[1].path.endswith("Cart.java")
    else:
        assert found == frames


def test_an_installed_package_may_be_what_the_repository_makes() -> None:
    """Whoever uses a library sees its files where packages are; those of others match nothing."""
    text = (
        'File "/v/site-packages/flask/app.py", line 3, in f\n'
        'File "/v/dist-packages/werkzeug/app.py", line 4, in g'
    )
    found = files_of(frames_of(text), ["src/flask/app.py", "app.py"])
    assert found == {"src/flask/app.py": Frame("flask/app.py", 3, "f", installed=True)}


def test_a_trace_without_end_is_cut() -> None:
    """A recursion names its lines once each, and not for ever."""
    text = "\n".join(f"  at f (a/b.js:{line}:1)" for line in range(500))
    assert len(frames_of(text)) == MOST_FRAMES
    assert len(frames_of("  at f (a/b.js:1:1)\n" * 500)) == 1


def test_files_are_found_by_the_longest_end() -> None:
    """Another machine had them elsewhere; a bare name counts where it is the only one."""
    paths = ["shop/cart/basket.py", "shop/web/routes.py", "old/web/routes.py", "lib/only.py"]
    frames = [
        Frame("/srv/app/shop/web/routes.py", 12),
        Frame("C:/build/shop/cart/basket.py", 40),
        Frame("shop/cart/basket.py", 7),
        Frame("routes.py", 1),
        Frame("only.py", 2),
        Frame("absent.py", 3),
        Frame("..", 3),
    ]
    assert files_of(frames, paths) == {
        "shop/web/routes.py": frames[0],
        "shop/cart/basket.py": frames[1],
        "lib/only.py": frames[4],
    }
