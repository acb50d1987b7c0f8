"""The calls of BPJS's service that antrean makes, as one table (bpjs/README.md, Calls)."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from antrean_cli.rules.codes import CallName


class Endpoint(NamedTuple):
    """One call: how it is made, and with which codes its rows come.

    `{}` in the path is a word to be filled in. `rows_with` are the codes that rows come with, none
    for a call that writes; what an answer means, with rows or without, is said in
    rules/answers.py. `private`: its words are a patient's, and nobody is shown them again.
    """

    method: str
    path: str
    rows_with: tuple[str, ...] = ()
    private: bool = False

    def path_of(self, *words: str) -> str:
        """Return the path with these words in it, percent-encoded: `/` and `#` both occur.

        One of dots alone, which would lead to another path, is encoded twice: it names nothing.
        """
        words = tuple(word.replace(".", "%2E") if not word.strip(".") else word for word in words)
        return self.path.format(*(quote(word, safe="") for word in words))


# The catalogue's 1 for references; should it be the 200 of all others, it is a list too.
_REFERENCE = ("1", "200")
ENDPOINTS: Mapping[str, Endpoint] = {
    CallName.ADD: Endpoint("POST", "/antrean/add"),
    CallName.UPDATE: Endpoint("POST", "/antrean/updatewaktu"),  # BPJS_UPDATE_PATH, if that is set
    CallName.BATAL: Endpoint("POST", "/antrean/batal"),
    CallName.FARMASI: Endpoint("POST", "/antrean/farmasi/add"),
    CallName.LISTTASK: Endpoint("POST", "/antrean/getlisttask", ("200",)),
    CallName.POLI: Endpoint("GET", "/ref/poli", _REFERENCE),
    CallName.DOKTER: Endpoint("GET", "/ref/dokter", _REFERENCE),
    CallName.JADWAL: Endpoint("GET", "/jadwaldokter/kodepoli/{}/tanggal/{}", ("200",)),
    CallName.UBAH_JADWAL: Endpoint("POST", "/jadwaldokter/updatejadwaldokter"),
    CallName.PER_TANGGAL: Endpoint("GET", "/antrean/pendaftaran/tanggal/{}", ("200",)),
    CallName.PER_KODEBOOKING: Endpoint("GET", "/antrean/pendaftaran/kodebooking/{}", ("200",)),
    CallName.AKTIF: Endpoint("GET", "/antrean/pendaftaran/aktif", ("200",)),
    CallName.BELUM_DILAYANI: Endpoint(
        "GET",
        "/antrean/pendaftaran/kodepoli/{}/kodedokter/{}/hari/{}/jampraktek/{}",
        ("200",),
    ),
    CallName.POLI_FP: Endpoint("GET", "/ref/poli/fp", _REFERENCE),
    CallName.PASIEN_FP: Endpoint(
        "GET", "/ref/pasien/fp/identitas/{}/noidentitas/{}", _REFERENCE, private=True
    ),
    CallName.WAKTU_TANGGAL: Endpoint("GET", "/dashboard/waktutunggu/tanggal/{}/waktu/{}", ("200",)),
    CallName.WAKTU_BULAN: Endpoint(
        "GET", "/dashboard/waktutunggu/bulan/{}/tahun/{}/waktu/{}", ("200",)
    ),
}
