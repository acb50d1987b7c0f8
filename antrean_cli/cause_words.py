"""The registry of causes: for each its sentence, what mends it, and what to type (Indonesian).

- The only place where a cause becomes words. The words of a pass, of `status` and `check`, and of
  every error by a cause are made from it when they are shown: it stands below all that show one.
- A sentence names its numbers in braces; one that is not known is shown as "…".
- `mend` is what a person can do, empty where there is nothing but to wait. `waiting_helps` is
  whether the trouble may be over by itself; where it is not, it is told as a matter of settings.
"""

import errno
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

from antrean_cli.rules.causes import Cause, Trouble
from antrean_cli.rules.codes import CallName


class Words(NamedTuple):
    """What is said of one cause; `typed` is a line to be typed as it stands."""

    sentence: str | Callable[[Trouble], str]
    mend: str = ""
    typed: str = ""
    waiting_helps: bool = True


def _settings(sentence: str | Callable[[Trouble], str], mend: str, typed: str = "") -> Words:
    return Words(sentence, mend, typed, waiting_helps=False)


# What the system has against a file, by its number.
_REASONS = {
    errno.ENOENT: "tidak ada",
    errno.EACCES: "tidak diizinkan",
    errno.EPERM: "tidak diizinkan",
    errno.EISDIR: "itu sebuah folder",
    errno.ENOTDIR: "sebagian jalurnya bukan folder",
    errno.EEXIST: "sudah ada",
    errno.ENOSPC: "disk penuh",
    errno.EDQUOT: "kuota disk habis",
    errno.EFBIG: "berkas terlalu besar",
    errno.EROFS: "disk hanya dapat dibaca",
    errno.EADDRINUSE: "port sudah dipakai program lain",
    errno.ENAMETOOLONG: "namanya terlalu panjang",
    errno.ELOOP: "itu tautan (symlink)",
    errno.ENXIO: "itu bukan berkas biasa",
    errno.EMFILE: "batas berkas terbuka terlalu kecil (ulimit -n)",
    errno.ENFILE: "terlalu banyak berkas terbuka di komputer ini",
}


def system_reason(number: int | None) -> str:
    """Return what the system complains about, by its number."""
    return _REASONS.get(number or 0, f"kesalahan sistem {number}")


_SET_CLOCK = "sudo timedatectl set-ntp true"
_OF_CERTIFICATE = (
    "periksa dulu jam komputer ini; bila jamnya benar, sertifikat itu harus diperbarui pemiliknya "
    "(BPJS, atau proxy di antaranya)"
)


def _clock(told: Trouble) -> str:
    seconds = dict(told.numbers).get("seconds")
    if seconds is None:
        return "BPJS menolak jam komputer ini"
    side = "lebih cepat" if seconds > 0 else "lebih lambat"
    return f"jam komputer ini {one_unit(timedelta(seconds=seconds))} {side} daripada jam BPJS"


def one_unit(span: timedelta) -> str:
    """Return a span, whatever its sign, rounded to its one largest unit."""
    seconds = round(abs(span.total_seconds()))
    for size, unit in ((86_400, "hari"), (3_600, "jam"), (60, "menit")):
        if seconds >= size:
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} detik"


def _lacking(told: Trouble) -> str:
    if not told.about:
        return "Khanza tidak punya tabel atau kolom yang dibutuhkan"
    return f"Khanza tidak sesuai: {_listed(told, 'tabel {} tidak ada', 'tidak punya kolom')}"


def _hidden(told: Trouble) -> str:
    names = _listed(told, "tabel {}", "kolom") if told.about else "sebagian tabel"
    return f"akun antrean tidak boleh membaca {names}"


def _listed(told: Trouble, table: str, columns: str) -> str:
    """Return the tables, and the columns of tables, that something is about."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in told.names:
        place, _, column = name.partition(".")
        found[place] += [column] if column else []
    return "; ".join(
        f"tabel {name} {columns} {', '.join(held)}" if held else table.format(name)
        for name, held in found.items()
    )


def _no_route(told: Trouble) -> str:
    place = "alamat kiriman itu" if told.about else "alamat di BPJS_BASE_URL"
    status = _Known(told.numbers)["status"]
    return f"{place} tidak dikenal servernya (HTTP {status} tanpa jawaban BPJS)"


def _mend_route(told: Trouble) -> str:
    """Return where to look for the address of some calls that is not known."""
    settings = "BPJS_BASE_URL"
    if CallName.UPDATE in told.names:
        alone = told.names == (CallName.UPDATE,)
        settings = "BPJS_UPDATE_PATH" if alone else "BPJS_BASE_URL dan BPJS_UPDATE_PATH"
    return (
        f"periksa {settings}; bila sudah benar, periksa proxy di antaranya: ia mengubah alamat, "
        "atau tidak meneruskan POST"
    )


class _Known(dict[str, int]):
    """Numbers of which those that are not known are shown as "…"."""

    def __missing__(self, name: str) -> str:
        return "…"


_REPORT = "bila berlanjut, laporkan ke BPJS jenis kiriman dan jamnya"
# What mends a cause that only some kinds of calls have, with its names for what it is about.
_OF_CALLS: Mapping[Cause, str | Callable[[Trouble], str]] = {
    Cause.NO_ROUTE: _mend_route,
    Cause.WEB_PAGE: (
        "minta administrator firewall atau proxy di antaranya meloloskan kiriman itu; bila itu "
        "firewall BPJS, laporkan ke BPJS"
    ),
    Cause.TIMEOUT: _REPORT,
    Cause.CUT: _REPORT,
    Cause.NO_ENVELOPE: _REPORT,
}


def _unwritable(told: Trouble) -> str:
    number = getattr(errno, told.about, None)
    if number is None:
        return "sistem menolaknya"
    # A file that is not there is made.
    return "foldernya tidak ada" if number == errno.ENOENT else system_reason(number)


WORDS: Mapping[Cause, Words] = {
    # -- the way to BPJS
    Cause.DNS: Words(
        "nama server BPJS tidak ditemukan (DNS)", "periksa BPJS_BASE_URL dan DNS komputer ini"
    ),
    Cause.UNREACHABLE: Words("server BPJS tidak dapat dihubungi", "periksa jaringan dan firewall"),
    Cause.TLS: _settings(
        "sertifikat TLS BPJS tidak dapat dipercaya",
        "periksa jam komputer ini, atau isi BPJS_CA_BUNDLE bila rumah sakit memakai proxy TLS",
    ),
    Cause.TLS_EXPIRED: _settings(
        "sertifikat TLS server BPJS sudah kedaluwarsa", _OF_CERTIFICATE, "timedatectl"
    ),
    Cause.TLS_NOT_YET_VALID: _settings(
        "sertifikat TLS server BPJS belum berlaku", _OF_CERTIFICATE, "timedatectl"
    ),
    Cause.TLS_OTHER_NAME: _settings(
        "sertifikat TLS server BPJS dibuat untuk nama server lain",
        "periksa nama server di BPJS_BASE_URL, dan proxy di antaranya",
    ),
    Cause.TLS_UNKNOWN_ISSUER: _settings(
        "penerbit sertifikat TLS server BPJS tidak dikenal",
        "bila rumah sakit memakai proxy TLS, isi BPJS_CA_BUNDLE dengan sertifikat penerbitnya",
    ),
    Cause.TLS_SELF_SIGNED: _settings(
        "sertifikat TLS server BPJS diterbitkan sendiri, seperti oleh proxy yang membuka TLS",
        "isi BPJS_CA_BUNDLE dengan sertifikat proxy itu, atau kecualikan server BPJS di proxy",
    ),
    Cause.TLS_NOT_SPOKEN: _settings(
        "server BPJS tidak menjawab dengan TLS yang dapat dipakai",
        "periksa https:// dan port di BPJS_BASE_URL, dan proxy di antaranya",
    ),
    Cause.TIMEOUT: Words("BPJS tidak menjawab tepat waktu"),
    Cause.CUT: Words("sambungan ke BPJS terputus"),
    Cause.REDIRECTED: _settings(
        "BPJS_BASE_URL dialihkan ke alamat lain (HTTP {status})",
        "isi BPJS_BASE_URL dengan alamat layanannya sendiri; bila sudah benar, periksa proxy di "
        "antaranya: ia mengalihkan, misalnya dari http ke https",
    ),
    Cause.NO_ROUTE: _settings(
        _no_route,
        "periksa BPJS_BASE_URL dan BPJS_UPDATE_PATH; bila sudah benar, periksa proxy di antaranya: "
        "ia mengubah alamat, atau tidak meneruskan POST",
    ),
    Cause.PROXY_LOGIN: _settings(
        "proxy di antara komputer ini dan BPJS meminta login (HTTP {status})",
        "izinkan komputer ini melewati proxy itu tanpa login",
    ),
    Cause.NOT_TAKEN: _settings(
        "server tidak menerima bentuk permintaannya (HTTP {status} tanpa jawaban BPJS)",
        "periksa https:// dan port di BPJS_BASE_URL; bila sudah benar, periksa proxy di antaranya: "
        "ia mengubah permintaan",
    ),
    Cause.WEB_PAGE: Words(
        "BPJS menjawab halaman HTML (HTTP {status})",
        "periksa BPJS_BASE_URL, dan proxy atau firewall di antaranya",
    ),
    Cause.OVERLOADED: Words("BPJS sedang kelebihan beban (HTTP {status})"),
    Cause.NO_ENVELOPE: Words("BPJS tidak menjawab seperti mestinya (HTTP {status})"),
    Cause.UNREADABLE: Words("BPJS menjawab dengan isi yang tidak dapat dibaca"),
    # -- what BPJS says of who we are
    Cause.KEY_NOT_RECEIVED: _settings(
        "BPJS tidak mendapat user_key, padahal dikirim",
        "periksa proxy di antaranya: nginx membuang header bergaris bawah tanpa "
        "'underscores_in_headers on;'",
    ),
    Cause.KEY_REFUSED: _settings("BPJS menolak user_key", "periksa BPJS_USER_KEY"),
    Cause.CONS_ID_REFUSED: _settings("BPJS menolak consumer ID", "periksa BPJS_CONS_ID"),
    Cause.SIGNATURE_REFUSED: _settings(
        "BPJS menolak tanda tangan", "periksa BPJS_SECRET_KEY dan BPJS_CONS_ID"
    ),
    Cause.CLOCK_OFF: _settings(_clock, "betulkan jamnya", _SET_CLOCK),
    Cause.BLOCKED: _settings(
        "bukan BPJS yang menolak, tetapi halaman web sebuah firewall atau proxy",
        "tanyakan kepada BPJS apakah IP rumah sakit diblokir, dan periksa proxy di antaranya",
    ),
    Cause.IDENTITY_REFUSED: _settings(
        "BPJS tidak menerima kredensial, tanda tangan, atau jam",
        "periksa BPJS_CONS_ID, BPJS_SECRET_KEY, BPJS_USER_KEY, dan jam komputer ini",
    ),
    Cause.PUT_OFF: Words(
        "BPJS meminta dicoba lagi", "bila berlanjut, periksa BPJS_BASE_URL dan BPJS_UPDATE_PATH"
    ),
    # -- Khanza
    Cause.KHANZA_LOGIN: _settings(
        "Khanza menolak akun atau kata sandinya", "periksa KHANZA_USER dan KHANZA_PASSWORD"
    ),
    Cause.KHANZA_LOGIN_METHOD: _settings(
        "Khanza menolak cara masuk akun ini (kesalahan {galat})",
        "beri antrean akun yang masuk dengan kata sandi biasa (mysql_native_password)",
    ),
    Cause.KHANZA_CLEAR: _settings(
        "server yang menjawab meminta kata sandi KHANZA_USER secara terbuka; tidak dikirim",
        "pastikan itu server Khanza; beri antrean akun mysql_native_password, atau isi KHANZA_CA",
    ),
    Cause.KHANZA_TLS: _settings(
        "sertifikat TLS server database Khanza tidak dapat dipercaya",
        "isi KHANZA_CA dengan sertifikat penerbitnya, dan KHANZA_HOST dengan nama di dalamnya",
    ),
    Cause.KHANZA_NO_TLS: _settings(
        "server database Khanza tidak memakai TLS, padahal KHANZA_TLS=wajib",
        "nyalakan TLS di server itu, atau ubah KHANZA_TLS dan KHANZA_CA",
    ),
    Cause.KHANZA_CA: _settings(
        lambda told: f"KHANZA_CA: {told.about or '…'} bukan berkas sertifikat", "periksa KHANZA_CA"
    ),
    Cause.KHANZA_ACCOUNT: _settings(
        "akun di Khanza terkunci, atau kata sandinya kedaluwarsa (kesalahan {galat})",
        "buka kuncinya atau perbarui kata sandinya di server database, lalu KHANZA_PASSWORD",
    ),
    Cause.KHANZA_CLIENT: _settings(
        "server database Khanza menolak komputer ini (kesalahan {galat})",
        "izinkan komputer ini bagi akun antrean; setelah terlalu banyak kesalahan, ketik sebagai "
        "administrator: FLUSH HOSTS;",
    ),
    Cause.KHANZA_GRANT: _settings(_hidden, "beri akun itu GRANT SELECT"),
    Cause.KHANZA_DATABASE_GRANT: _settings(
        "akun antrean tidak boleh membaca database Khanza, atau database itu tidak ada",
        "periksa KHANZA_DATABASE, dan beri akun itu GRANT SELECT",
    ),
    Cause.KHANZA_DATABASE: _settings("database Khanza tidak ada", "periksa KHANZA_DATABASE"),
    Cause.KHANZA_SCHEMA: _settings(
        _lacking, "periksa KHANZA_DATABASE, atau perbarui Khanza ke versi yang memilikinya"
    ),
    Cause.KHANZA_LOCKED: Words(
        "tabel Khanza sedang dikunci program lain (kesalahan {galat})",
        "bila berlanjut, lihat siapa yang menguncinya dengan SHOW FULL PROCESSLIST",
    ),
    Cause.KHANZA_CRASHED: _settings(
        lambda told: f"tabel {told.about or 'Khanza'} rusak di server database Khanza",
        "perbaiki tabelnya di server itu: mysqlcheck --repair",
    ),
    Cause.KHANZA_FULL: Words(
        "server database Khanza tidak menerima sambungan lagi (kesalahan {galat})",
        "bila berlanjut, naikkan max_connections atau batas akun antrean",
    ),
    Cause.KHANZA_SLOW: Words(
        "Khanza menjawab terlalu lambat",
        "bila berlanjut, lihat beban server databasenya dengan SHOW FULL PROCESSLIST",
    ),
    Cause.KHANZA_HOST: _settings("KHANZA_HOST bukan nama server", "periksa KHANZA_HOST"),
    Cause.KHANZA_DNS: Words(
        "nama server Khanza tidak ditemukan (DNS)", "periksa KHANZA_HOST dan DNS komputer ini"
    ),
    Cause.KHANZA_SOCKET: Words(
        "soket server database Khanza tidak ada",
        "periksa KHANZA_SOCKET, dan apakah server databasenya berjalan",
    ),
    Cause.KHANZA_UNREACHABLE: Words(
        "server database Khanza tidak dapat dihubungi",
        "periksa KHANZA_HOST, KHANZA_PORT, jaringan, dan apakah servernya berjalan",
    ),
    Cause.KHANZA_CUT: Words("sambungan ke Khanza terputus"),
    Cause.KHANZA_GARBLED: Words(
        "yang menjawab di alamat Khanza bukan server database, atau jawabannya rusak",
        "bila berlanjut, periksa KHANZA_HOST, KHANZA_PORT, dan jaringan di antaranya",
    ),
    Cause.KHANZA_SAMPLE: _settings(
        lambda told: f"KHANZA_SQLITE: {told.about or '…'} bukan contoh Khanza yang dapat dibaca",
        "periksa KHANZA_SQLITE",
    ),
    Cause.KHANZA_PAYER: _settings(
        "penjamin BPJS tidak diketahui: tabel password_asuransi di Khanza kosong",
        "isi ANTREAN_KD_PJ",
    ),
    Cause.KHANZA_OTHER: Words("Khanza tidak menjawab seperti mestinya (kesalahan {galat})"),
    # -- this computer
    Cause.NO_CLOCK: _settings("jam komputer ini menunjuk", "betulkan jamnya", _SET_CLOCK),
    Cause.UNWRITABLE: Words(_unwritable, "periksa dengan: antrean check"),
}


def trouble_sentence(why: Trouble) -> str:
    """Return what is wrong, and BPJS's own words for it."""
    form = WORDS[why.cause].sentence
    words = form.format_map(_Known(why.numbers)) if isinstance(form, str) else form(why)
    return f"{words}: {why.said}" if why.said else words


def mend(why: Trouble) -> str:
    """Return what a person can do about it, empty where there is nothing but to wait."""
    of_calls = _OF_CALLS.get(why.cause, "") if why.about else ""
    return (of_calls if isinstance(of_calls, str) else of_calls(why)) or WORDS[why.cause].mend


def told(why: Trouble) -> str:
    """Return what is wrong, and what a person can do about it."""
    return "; ".join(filter(None, (trouble_sentence(why), mend(why))))


def typed(why: Trouble) -> str:
    """Return the line to type, empty where there is none."""
    return WORDS[why.cause].typed


def told_with_typed(why: Trouble) -> str:
    """Return what is wrong, what a person can do about it, and the line to type."""
    line = typed(why)
    return f"{told(why)}; ketik: {line}" if line else told(why)


def waiting_helps(why: Trouble) -> bool:
    """Return whether it may be over by itself."""
    return WORDS[why.cause].waiting_helps
