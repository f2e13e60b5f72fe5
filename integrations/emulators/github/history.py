"""Write whole histories at once: commits, branches and tags collected for one `git fast-import`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from integrations.emulators.github.git import Git, Signature

Files = Mapping[str, str | bytes | None]  # path -> new content, or None to remove the file


@dataclass(frozen=True, slots=True)
class Mark:
    """A commit that is about to exist."""

    number: int


@dataclass
class History:
    """Collects; `write` makes all of it in one process and tells the object names."""

    git: Git
    _out: list[bytes] = field(default_factory=list)
    _marks: int = 0

    def commit(
        self,
        message: str,
        files: Files,
        *,
        author: Signature,
        parents: Sequence[Mark | str] = (),
        committed: datetime | None = None,
        onto: str = "refs/heads/main",
    ) -> Mark:
        """Add a commit to `onto`; its tree is that of the first parent with `files` changed."""
        self._marks += 1
        mark = Mark(self._marks)
        by = Signature(author.name, author.email, committed or author.at)
        text = message.encode()
        self._line(f"commit {onto}", f"mark :{mark.number}", f"author {author}", f"committer {by}")
        self._data(text)
        for index, parent in enumerate(parents):
            self._line(f"{'merge' if index else 'from'} {_name(parent)}")
        for path, content in files.items():
            if content is None:
                self._line(f"D {_quoted(path)}")
            else:
                self._line(f"M 100644 inline {_quoted(path)}")
                self._data(content.encode() if isinstance(content, str) else content)
        self._line("")
        return mark

    def ref(self, name: str, at: Mark | str) -> None:
        """Point a full reference name to a commit."""
        self._line(f"reset {name}", f"from {_name(at)}", "")

    def tag(self, name: str, at: Mark | str, message: str, by: Signature) -> None:
        """Add an annotated tag."""
        self._line(f"tag {name}", f"from {_name(at)}", f"tagger {by}")
        self._data(message.encode())

    def write(self) -> dict[Mark, str]:
        """Make everything; return the object name of each commit."""
        listing = "".join(f"get-mark :{n}\n" for n in range(1, self._marks + 1)).encode()
        stream = b"feature done\n" + b"".join(self._out) + listing + b"done\n"
        out = self.git.call("fast-import", "--quiet", "--force", "--date-format=raw", stdin=stream)
        return {Mark(n): sha for n, sha in enumerate(out.decode().split(), start=1)}

    def _line(self, *lines: str) -> None:
        self._out.append(("\n".join(lines) + "\n").encode())

    def _data(self, content: bytes) -> None:
        self._out.append(b"data %d\n%s\n" % (len(content), content))


def _name(parent: Mark | str) -> str:
    return f":{parent.number}" if isinstance(parent, Mark) else parent


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
