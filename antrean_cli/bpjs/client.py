"""BPJS's web service "Antrean RS": one exchange, from a body to what came of it.

- Every attempt is signed afresh (signature.py), and its list decrypted with that same timestamp.
- A call has one deadline for everything, and is never repeated or redirected (transport.py).
- Where calls go is said in calls.py, what an answer holds in replies.py, and what kept one from
  coming in network_errors.py.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from antrean_cli.bpjs.calls import ENDPOINTS
from antrean_cli.bpjs.encryption import UnreadableError
from antrean_cli.bpjs.redaction import Redactor
from antrean_cli.bpjs.replies import (
    ahead_of,
    envelope_of,
    retry_after_of,
    rows_of,
    without_envelope,
)
from antrean_cli.bpjs.signature import signed_headers
from antrean_cli.config.settings import BpjsSettings
from antrean_cli.errors import SettingsError
from antrean_cli.rules.add_fields import PRIVATE
from antrean_cli.rules.answers import Reply
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.codes import CallName
from antrean_cli.rules.faults import Fault

MAX_BODY = 4_000_000  # bytes; the longest list of a day is some hundred kilobytes


class _Request(NamedTuple):
    """What is asked, and which of its words an answer may carry back.

    `private` values and the words of the patient's `name` are hidden in it, `kodebooking` is kept.
    """

    path: str
    body: bytes | None = None
    private: tuple[str, ...] = ()
    name: str = ""
    kodebooking: str = ""


class Client:
    """One client for all workers of a pass.

    Calls return what came of them, and raise nothing for what BPJS or the network did.
    """

    def __init__(self, settings: BpjsSettings, *, connections: int = 1) -> None:
        """Be ready for so many calls at once; no connection is made yet.

        Raises SettingsError where the CA bundle cannot be used.
        """
        # requests costs 100 ms: only who sends pays them
        from antrean_cli.bpjs.transport import Transport

        self._settings = settings
        try:
            self._transport = Transport(settings.base_url, settings.ca_bundle, connections)
        except OSError as error:
            raise SettingsError(
                f"BPJS_CA_BUNDLE tidak dapat dipakai: {settings.ca_bundle}"
            ) from error

    def call(
        self, name: str, body: Mapping[str, Any], *, within: float | None = None, hide: str = ""
    ) -> Reply | Fault:
        """POST one request and return its envelope, or the fault that kept one from coming.

        `name` is "add", "updatewaktu", "batal", "farmasi", "getlisttask" or "updatejadwaldokter";
        `within` shortens BPJS_TIMEOUT (seconds). For getlisttask a Reply's `response` is a list of
        Task. What BPJS says loses the numbers of the patient, and the name in `hide`.
        """
        request = _Request(
            path=self._settings.update_path if name == CallName.UPDATE else ENDPOINTS[name].path,
            body=json.dumps(body).encode(),
            private=tuple(str(body.get(field) or "") for field in PRIVATE),
            name=hide,
            kodebooking=str(body.get("kodebooking") or ""),
        )
        return self._exchange(name, request, within)

    def ask(self, name: str, *words: str, within: float | None = None) -> Reply | Fault:
        """GET one of BPJS's lists, as `call` does; a Reply's `response` is a list of its rows.

        `name`, its words and its rows (tanggal is yyyy-mm-dd):

        - "ref_poli": Poli; "ref_dokter": Dokter
        - "jadwaldokter", kodepoli, tanggal: Praktek
        - "per_tanggal", tanggal; "per_kodebooking", kodebooking; "aktif": Antrean
        - "belum_dilayani", kodepoli, kodedokter, 1 (Monday) to 7, HH:MM-HH:MM: Antrean
        - "ref_poli_fp": Poli; "ref_pasien_fp", nik or noka, the number: SidikJari
        - "waktu_tanggal", tanggal, rs or server; "waktu_bulan", MM, yyyy, rs or server: WaktuTunggu
        """
        endpoint = ENDPOINTS[name]
        request = _Request(
            path=endpoint.path_of(*words),
            private=words if endpoint.private else (),
            kodebooking="" if endpoint.private else "".join(words[:1]),
        )
        return self._exchange(name, request, within)

    def _exchange(self, name: str, request: _Request, within: float | None) -> Reply | Fault:
        """Sign and send one request, and read what comes back.

        What is read of a list, the message and the row's words are fit to be shown and stored.
        """
        from antrean_cli.bpjs import network_errors

        timestamp = str(int(time.time()))
        seconds = self._settings.timeout if within is None else min(self._settings.timeout, within)
        try:
            answer = self._transport.exchange(
                ENDPOINTS[name].method,
                request.path,
                {"Content-Type": "application/json", **signed_headers(self._settings, timestamp)},
                request.body,
                seconds=seconds,
                most=MAX_BODY,
            )
        except network_errors.RAISED as error:
            return network_errors.fault_of(error)
        redact = self._redactor(request)
        retry_after = retry_after_of(answer.headers)
        envelope = envelope_of(answer.status, answer.body, redact)
        if envelope is None:
            return without_envelope(answer.status, answer.body, retry_after)
        try:
            rows = rows_of(name, envelope, self._settings, timestamp, redact)
        except UnreadableError:
            return Fault(cause=Cause.UNREADABLE)
        return Reply(
            code=envelope.code,
            message=envelope.message,
            said=envelope.said,
            response=rows,
            retry_after=retry_after,
            ahead=ahead_of(answer.headers),
            bare=envelope.bare,
        )

    def _redactor(self, request: _Request) -> Redactor:
        secrets = (self._settings.secret_key, self._settings.user_key)
        return Redactor(
            (*request.private, *secrets), name=request.name, kodebooking=request.kodebooking
        )
