"""Typed clients of the systems we act on."""

import sys

# Where what its command line needs is installed too, httpx loads all of it: 70 modules that
# nobody uses here. What is None cannot be imported, which is what httpx is prepared for.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # Python's own way to say so
