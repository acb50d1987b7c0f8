"""What to type where Khanza cannot be read: to mend it, or to see for oneself."""

import shlex
from collections.abc import Sequence

from antrean_cli.config.settings import KhanzaSettings
from antrean_cli.rules.causes import Cause, Trouble

_LET_IN = frozenset(
    {
        *(Cause.KHANZA_LOGIN, Cause.KHANZA_LOGIN_METHOD, Cause.KHANZA_ACCOUNT),
        *(Cause.KHANZA_CLIENT, Cause.KHANZA_DATABASE, Cause.KHANZA_DATABASE_GRANT),
    }
)
_BUSY = frozenset({Cause.KHANZA_LOCKED, Cause.KHANZA_SLOW, Cause.KHANZA_FULL})


def khanza_mending(settings: KhanzaSettings, why: Trouble | None, account: str) -> Sequence[str]:
    """Return the lines to type; `account` is ours as the server calls it, empty if it did not say.

    What an administrator types ends in a semicolon.
    """
    if settings.sqlite:
        return (f"ls -l {shlex.quote(settings.sqlite)}",)
    if why is None or why.cause == Cause.KHANZA_PAYER:
        return ()
    tables = list(dict.fromkeys(name.partition(".")[0] for name in why.names))
    if why.cause == Cause.KHANZA_GRANT and tables and account:
        database = settings.database
        return [f"GRANT SELECT ON `{database}`.`{table}` TO {account};" for table in tables]
    if why.cause == Cause.KHANZA_SCHEMA and tables:
        columns = (f"SHOW COLUMNS FROM {table}" for table in tables)
        return [_typed(settings, "mysql", settings.database, "-e", one) for one in columns]
    if why.cause == Cause.KHANZA_CRASHED:
        return (_typed(settings, "mysqlcheck", "--repair", settings.database, *tables),)
    if why.cause == Cause.KHANZA_DNS:
        return (f"getent hosts {shlex.quote(settings.host)}",)
    if why.cause in _BUSY:
        return (_typed(settings, "mysql", "-e", "SHOW FULL PROCESSLIST"),)
    if why.cause in _LET_IN or why.cause == Cause.KHANZA_GRANT:
        return (_typed(settings, "mysql", "-e", "SHOW GRANTS"),)
    return (_typed(settings, "mysqladmin", "ping"),)


def _typed(settings: KhanzaSettings, program: str, *args: str) -> str:
    """Return what to type to ask Khanza's server oneself."""
    way = ["-h", settings.host, "-P", str(settings.port)]
    if settings.socket:
        way = ["-S", settings.socket]
    return shlex.join([program, *way, "-u", settings.user, "-p", *args])
