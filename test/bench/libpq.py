"""
libpq.py: as much of libpq as the benchmarks need, through ctypes.

Nothing but Python's standard library and the libpq that psql itself uses, so
that what is measured is the server and not a driver.  Values go out and come
back as text.  A call lets other Python threads run while it waits.
"""

import ctypes
import ctypes.util
import os
import subprocess

CONNECTION_OK = 0
PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY = 1, 2, 0

ERROR_FIELDS = {"sqlstate": "C", "message": "M", "detail": "D", "hint": "H", "context": "W"}


def _load():
    names = [ctypes.util.find_library("pq"), "libpq.so.5", "libpq.5.dylib"]
    try:
        libdir = subprocess.run([os.environ.get("PG_CONFIG", "pg_config"), "--libdir"],
                                capture_output=True, text=True, check=True).stdout.strip()
        names.append(os.path.join(libdir, "libpq.so.5"))
    except (OSError, subprocess.CalledProcessError):
        pass
    for name in filter(None, names):
        try:
            return ctypes.CDLL(name)
        except OSError:
            pass
    raise SystemExit("found no libpq; it comes with psql (Debian: libpq5)")


_pq = _load()
_p, _s, _i = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
_NOTICE_RECEIVER = ctypes.CFUNCTYPE(None, _p, _p)

for _name, _result, _args in [
        ("PQconnectdb", _p, [_s]), ("PQfinish", None, [_p]), ("PQstatus", _i, [_p]),
        ("PQerrorMessage", _s, [_p]), ("PQbackendPID", _i, [_p]), ("PQserverVersion", _i, [_p]),
        ("PQexec", _p, [_p, _s]),
        ("PQexecParams", _p, [_p, _s, _i, _p, ctypes.POINTER(_s), _p, _p, _i]),
        ("PQprepare", _p, [_p, _s, _s, _i, _p]),
        ("PQexecPrepared", _p, [_p, _s, _i, ctypes.POINTER(_s), _p, _p, _i]),
        ("PQclear", None, [_p]), ("PQresultStatus", _i, [_p]),
        ("PQresultErrorField", _s, [_p, _i]), ("PQresultErrorMessage", _s, [_p]),
        ("PQntuples", _i, [_p]), ("PQnfields", _i, [_p]), ("PQgetisnull", _i, [_p, _i, _i]),
        ("PQgetvalue", _s, [_p, _i, _i]), ("PQsetNoticeReceiver", _p, [_p, _NOTICE_RECEIVER, _p])]:
    _function = getattr(_pq, _name)
    _function.restype, _function.argtypes = _result, _args


class Error(Exception):
    """An error that the server reported; the fields are text or None."""

    def __init__(self, fields, text):
        super().__init__(text)
        self.sqlstate = self.message = self.detail = self.hint = self.context = None
        self.__dict__.update(fields)


def _fields(result):
    values = {name: _pq.PQresultErrorField(result, ord(code))
              for name, code in ERROR_FIELDS.items()}
    return {name: value.decode(errors="replace") if value is not None else None
            for name, value in values.items()}


class Connection:
    """One session.  "conninfo" is a libpq connection string."""

    def __init__(self, conninfo=""):
        self.notices = None
        self._pq = _pq.PQconnectdb(conninfo.encode())
        if _pq.PQstatus(self._pq) != CONNECTION_OK:
            message = _pq.PQerrorMessage(self._pq).decode(errors="replace").strip()
            _pq.PQfinish(self._pq)
            self._pq = None
            raise Error({"message": message}, message)
        self._receiver = _NOTICE_RECEIVER(self._notice)     # must outlive the session
        _pq.PQsetNoticeReceiver(self._pq, self._receiver, None)
        self.pid = _pq.PQbackendPID(self._pq)
        self.server_version = _pq.PQserverVersion(self._pq)

    def _notice(self, _arg, result):
        if self.notices is not None:
            self.notices.append(_fields(result))

    def _take(self, result):
        if not result:
            message = _pq.PQerrorMessage(self._pq).decode(errors="replace").strip()
            raise Error({"message": message}, message)
        try:
            status = _pq.PQresultStatus(result)
            if status not in (PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY):
                text = _pq.PQresultErrorMessage(result).decode(errors="replace").strip()
                raise Error(_fields(result), text)
            return [tuple(None if _pq.PQgetisnull(result, row, column) else
                          _pq.PQgetvalue(result, row, column).decode()
                          for column in range(_pq.PQnfields(result)))
                    for row in range(_pq.PQntuples(result))]
        finally:
            _pq.PQclear(result)

    @staticmethod
    def _values(params):
        values = [None if value is None else
                  value if isinstance(value, bytes) else str(value).encode() for value in params]
        return (_s * len(values))(*values)

    def simple(self, sql):
        """Sends one simple-query message, as psql -c does; returns its last result's rows."""
        return self._take(_pq.PQexec(self._pq, sql if isinstance(sql, bytes) else sql.encode()))

    def query(self, sql, *params):
        """Sends one statement with bound parameters (extended protocol); returns its rows."""
        return self._take(_pq.PQexecParams(self._pq, sql.encode(), len(params), None,
                                           self._values(params), None, None, 0))

    def value(self, sql, *params):
        """The one value that a query returns."""
        return self.query(sql, *params)[0][0]

    def prepare(self, name, sql):
        """Prepares a statement under a name."""
        self._take(_pq.PQprepare(self._pq, name.encode(), sql.encode(), 0, None))

    def execute(self, name, *params):
        """Runs a prepared statement; returns its rows."""
        return self._take(_pq.PQexecPrepared(self._pq, name.encode(), len(params),
                                             self._values(params), None, None, 0))

    def close(self):
        """Ends the session."""
        if self._pq:
            _pq.PQfinish(self._pq)
            self._pq = None

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()
