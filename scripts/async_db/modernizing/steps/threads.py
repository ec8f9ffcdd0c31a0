"""What would block the loop: calls that wait, or compute for long, in what ran in a thread before.

A `def` operation that becomes `async def` leaves the thread pool, and takes with it what it calls.
Those calls go back into a thread, each by itself: what they are given are plain values or objects
that are loaded, never a session.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.modernizing.step import Step
from async_db.target import Call, Function, Module

_RULE = "migrating/no-sync-left"
_POOL = "run_in_threadpool"
_WAITS = (
    *("requests.", "urllib.request.", "http.client.", "smtplib.", "ftplib.", "imaplib."),
    *("subprocess.", "boto3.", "botocore.", "google.cloud.", "azure.", "stripe.", "twilio."),
    *("redis.Redis", "redis.StrictRedis", "pymongo.", "pika.", "ldap3.", "paramiko.", "minio."),
    *("httpx.get", "httpx.post", "httpx.put", "httpx.patch", "httpx.delete", "httpx.request"),
    *("httpx.head", "httpx.Client", "openai.OpenAI", "anthropic.Anthropic", "os.system"),
    *("socket.create_connection", "socket.getaddrinfo", "socket.gethostbyname"),
    *("emails.", "yagmail.", "sendgrid.", "mailjet_rest.", "postmarker.", "resend.", "mailchimp"),
    *("slack_sdk.WebClient", "kafka.", "elasticsearch.Elasticsearch", "opensearchpy.OpenSearch"),
    *("firebase_admin.", "gspread.", "hvac.", "docker.", "kubernetes.client", "razorpay."),
)
"""What waits for something outside of the process."""
_COMPUTES = (
    *("bcrypt.", "argon2.", "passlib.", "pwdlib.", "hashlib.pbkdf2_hmac", "hashlib.scrypt"),
    *("werkzeug.security.", "pandas.", "polars.", "openpyxl.", "PIL.Image", "pypdf.", "PyPDF2."),
    *("reportlab.", "docx.", "zipfile.", "tarfile.", "shutil.", "weasyprint.", "cv2."),
)
"""What keeps a core for long, or a disk."""
_SLEEP = "time.sleep"
_MAKES = frozenset(
    (
        *("Client", "CryptContext", "Elasticsearch", "Message", "OpenSearch", "PasswordHash"),
        *("PasswordHasher", "Redis", "Session", "StrictRedis", "WebClient"),
    )
)
"""What is only made, which waits for nothing."""


def threads(step: Step) -> None:
    """Give back to a thread what an operation did in one before it became async."""
    blocking = _Blocking(step)
    for function in blocking.moved:
        for call in function.calls:
            blocking.write(function.module, call)
    if not step.options.slices:
        for function in blocking.moved_tests:
            for call in function.calls:
                blocking.write_sleep(function.module, call)


class _Blocking:
    def __init__(self, step: Step) -> None:
        self.step = step
        self.service = step.service
        served = self.service.served_functions
        moved = tuple(moved_functions(step))
        self.moved = tuple(each for each in moved if each in served and not each.module.is_test)
        self.moved_tests = tuple(each for each in moved if each.module.is_test)
        self._known: dict[Function, str] = {}

    def write(self, module: Module, call: Call) -> None:
        if call.use == "awaited" or call.inside == "lambda":
            return
        what = self._reason(call)
        if not what or self.write_sleep(module, call):
            return
        if call.use in ("entered", "iterated") or self._holds_session(call):
            called = self.service.library_name(call)
            told = what if called else f"`{call.name}` comes to {what}, which"
            reason = f"{told} blocks the loop, and ran in a thread before"
            self.step.withhold(module, call.node, _RULE, reason)
        else:
            self._into_thread(module, call)

    def write_sleep(self, module: Module, call: Call) -> bool:
        """Let others run while something is waited for: in tests, the app that runs in their loop."""
        if self.service.library_name(call) != _SLEEP or call.inside == "lambda":
            return False
        editing = self.step.editing(module)
        editing.replace(call.node.func, "asyncio.sleep")
        editing.await_(call.node)
        self.step.add_import(module, "asyncio", "")
        self.step.changed(module, call.node, "asyncio.sleep", rule=_RULE)
        return True

    def _into_thread(self, module: Module, call: Call) -> None:
        editing = self.step.editing(module)
        _, end = editing.places.span(call.node.func)
        opening = editing.places.text.index("(", end)
        given = bool(call.node.args or call.node.keywords)
        editing.replace_range(opening, opening + 1, ", " if given else "")
        editing.await_(call.node, f"await {_POOL}(")
        self.step.add_import(module, "fastapi.concurrency", _POOL)
        self.step.changed(module, call.node, "into a thread", rule=_RULE)

    def _reason(self, call: Call) -> str:
        """Name what of a library a call waits for, itself or by what it runs."""
        name = self.service.library_name(call)
        if name:
            return f"`{name}`" if is_blocking(name) else ""
        for callee in self.service.calls.callees(call):
            if callee.exact and not callee.function.is_async:
                reason = self._within(callee.function)
                if reason:
                    return reason
        return ""

    def _within(self, function: Function) -> str:
        if function not in self._known:
            self._known[function] = ""  # meanwhile, for who asks again on the way
            if not function.is_generator:
                reasons = (self._reason(call) for call in function.calls)
                self._known[function] = next(filter(None, reasons), "")
        return self._known[function]

    def _holds_session(self, call: Call) -> bool:
        """Say whether a call is given a session, or is a method of what holds one."""
        given = [*call.node.args, *(each.value for each in call.node.keywords)]
        if isinstance(call.node.func, ast.Attribute):
            given.append(call.node.func.value)
        holds = self.service.sessions.holds_session
        return any(holds(self.service.types.of(each, call.scope)) for each in given)


def is_blocking(name: str) -> bool:
    """Say whether something of a library, by its canonical name, waits or computes for long."""
    if name.rpartition(".")[2] in _MAKES:
        return False
    return name == _SLEEP or name.startswith((*_WAITS, *_COMPUTES))


def moved_functions(step: Step) -> Iterator[Function]:
    """Give the functions that were not async before the move, and are now."""
    before = step.before.project()
    sync = {(each.module.path, each.qualname) for each in before.functions if not each.is_async}
    for function in step.project.functions:
        if function.is_async and (function.module.path, function.qualname) in sync:
            yield function
