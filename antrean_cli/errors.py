"""The error tree: each class carries its exit code, each instance its one Indonesian sentence.

Only what a person can mend is an AntreanError; anything else is a bug and keeps its traceback.
`cli.main` turns them into exit codes; a pass keeps those that it can go on from in its report.
"""

import pwd
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from antrean_cli.rules.causes import Trouble


class AntreanError(Exception):
    """Something that a person can mend; `str()` is the sentence for stderr.

    - `sentence` says what is wrong, empty where nothing is to be said.
    - `advice` is the line to type, empty where there is none; `str()` ends in it.
    - `why` is the trouble that it comes of, if that is known by its cause: its words come first.
    - `silent` keeps the sentence for those who ask for it.
    """

    exit_code: ClassVar[int] = 1
    silent: ClassVar[bool] = False

    def __init__(
        self, sentence: str = "", *, advice: str = "", why: "Trouble | None" = None
    ) -> None:
        super().__init__(sentence)
        self._sentence, self._advice, self.why = sentence, advice, why

    @property
    def sentence(self) -> str:
        """What is wrong, and what to do about it."""
        if self.why is None:
            return self._sentence
        from antrean_cli.cause_words import (
            told,
        )  # only who shows a trouble pays for all their words

        return "; ".join(filter(None, (told(self.why), self._sentence)))

    @property
    def advice(self) -> str:
        """The line to type."""
        if self.why is None or self._advice:
            return self._advice
        from antrean_cli.cause_words import typed  # the same

        return typed(self.why)

    def __str__(self) -> str:
        return f"{self.sentence}; ketik: {self.advice}" if self.advice else self.sentence


class InputError(AntreanError):
    """Arguments, files or fields that cannot be used."""

    exit_code = 2


class RefusedPushError(AntreanError):
    """The pass finished, and BPJS refused something in it."""

    exit_code = 3


class CredentialsError(AntreanError):
    """BPJS does not accept the credentials, the signature or the clock."""

    exit_code = 4


class TemporaryError(AntreanError):
    """BPJS, the network or Khanza cannot be reached or did not answer in the agreed form."""

    exit_code = 5


class RefusedError(AntreanError):
    """BPJS refused this one request."""

    exit_code = 6


class MissingTaskError(AntreanError):
    """`listtask --require`: a required task is not there."""

    exit_code = 7


class SettingsError(AntreanError):
    """Settings are wrong or incomplete, or a file of theirs cannot be trusted."""

    exit_code = 8


class StateError(AntreanError):
    """The state file is damaged, foreign, newer, full or not writable."""

    exit_code = 9


class LockedError(AntreanError):
    """Another pass is running; cron hears nothing of it."""

    exit_code = 11
    silent = True

    def __init__(self) -> None:
        super().__init__("Putaran lain sedang berjalan.")


class LookError(AntreanError):
    """`status`, `sites`: something needs a look; the report itself says what."""

    exit_code = 12


class DifferenceError(AntreanError):
    """`reconcile`, `jadwal`: Khanza, the ledger and BPJS differ; what is shown says in what."""

    exit_code = 13


class StoppedError(AntreanError):
    """A signal ended the pass in order; the exit code is 128 + signal."""

    def __init__(self, signal_number: int) -> None:
        super().__init__()
        self.exit_code = 128 + signal_number  # type: ignore[misc]  # 130 or 143, known only now


def why(error: OSError) -> str:
    """Return what the system complains about, in Indonesian."""
    from antrean_cli.cause_words import system_reason  # who meets no trouble does not pay for it

    return system_reason(error.errno)


def user_name(uid: int) -> str:
    """Return the name of a user of this computer, the number of one without a name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


# "If several apply: the first of these."
_WORST_FIRST = (
    StateError.exit_code,
    SettingsError.exit_code,
    CredentialsError.exit_code,
    130,
    143,
    TemporaryError.exit_code,
    RefusedError.exit_code,
    RefusedPushError.exit_code,
)


def worst(codes: Iterable[int]) -> int:
    """Return the exit code that counts of several, 0 if none does."""
    return min((code for code in codes if code), key=_WORST_FIRST.index, default=0)


# As help and guide have them; the codes without a class are a success, a bug, and the signals.
EXIT_CODES: dict[int, str] = {
    0: "selesai, atau tidak ada yang perlu dikerjakan",
    1: "kesalahan di dalam antrean sendiri; laporkan",
    2: "salah pakai, atau masukan tidak dapat dipakai",
    3: "BPJS menolak sesuatu yang bisa diperbaiki",
    4: "BPJS tidak menerima kredensial, tanda tangan, atau jam",
    5: "gangguan sementara, atau waktunya habis; putaran berikutnya melanjutkan",
    6: "BPJS menolak permintaan ini",
    7: "listtask --require: ada task yang belum tercatat",
    8: "pengaturan salah, belum lengkap, atau berkasnya tidak dapat dipercaya",
    9: "berkas status rusak, penuh, dari versi lebih baru, tidak dapat ditulis",
    11: "putaran lain sedang berjalan",
    12: "status, sites: ada yang perlu dilihat",
    13: "reconcile, jadwal: ada perbedaan",
    130: "dihentikan dengan Ctrl-C",
    143: "dihentikan dengan SIGTERM",
}
