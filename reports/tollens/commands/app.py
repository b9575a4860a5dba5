"""The `tollens` command: its sub-commands and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import typer
from rich.console import Console

from tollens.commands import browse, doctor, matrix, replay, reporting, verify
from tollens.commands.options import UsageError, settings

OK, REFUTED, USAGE, INTERNAL, NOTHING = 0, 1, 2, 3, 5

app = typer.Typer(
    name="tollens",
    help="Claims about machine-learning algorithms that a program can try to refute.\n\n"
    "Start with `tollens verify`: it judges every claim and writes a report. `tollens claims` lists what there is to "
    "refute, `tollens show ADA-05` explains one claim, `tollens doctor` tells what this machine can do.",
    epilog="Exit codes: 0 all stands, 1 refuted or survived, 2 usage, 3 internal error, 5 nothing was judged.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command("verify")(verify.verify)
app.command("claims")(browse.claims)
app.command("show")(browse.show)
app.command("mutants")(matrix.mutants)
app.command("myths")(matrix.myths)
app.command("replay")(replay.replay_command)
app.command("report")(reporting.report)
app.command("diff")(reporting.diff_command)
app.command("doctor")(doctor.doctor)


def run() -> None:
    """Run the command line. A wrong argument is one line and exit 2, a fault of ours one line and exit 3."""
    errors = Console(stderr=True)
    # Hypothesis keeps notes beside the code it drives; a reader's working directory is not the place for them.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(tempfile.gettempdir()) / "tollens-hypothesis"))
    try:
        app(default_map={name: settings() for name in ("verify", "mutants", "myths")})
    except (LookupError, ValueError) as error:
        if not _expected(error):
            _internal(error, errors)
        errors.print(
            f"tollens: {error.args[0] if error.args else error}", markup=False, highlight=False, soft_wrap=True
        )
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(OK)
    except Exception as error:
        _internal(error, errors)


def _expected(error: Exception) -> bool:
    """Whether the error was made for the user: a usage mistake, or a file that is not what it should be."""
    from impl.catalogue import UnknownSubject
    from theory.core.counterexample import CorruptFile
    from theory.core.registry import Unknown
    from tollens.evidence import EvidenceError

    return isinstance(error, (UnknownSubject, CorruptFile, Unknown, UsageError, EvidenceError))


def _internal(error: Exception, errors: Console) -> None:
    if os.environ.get("TOLLENS_DEBUG"):
        raise error
    what = f"tollens: internal error, {type(error).__name__}: {error} (TOLLENS_DEBUG=1 shows where)"
    errors.print(what, markup=False, highlight=False, soft_wrap=True)
    sys.exit(INTERNAL)
