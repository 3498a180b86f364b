"""A mail server for tests: aiosmtpd, with what it received as JSON lines on standard output.

Reads one JSON object from standard input's first line: {"port": 0, "tls": "none"|"starttls"|"implicit", "certificate": "...", "key": "...",
"user": "...", "password": "..."}. Prints {"event": "ready", "port": ...} once it listens. Further lines are {"release": true}, which accepts
the mails that are held, and {"calendar": "..."}, to which it responds with {"event": "calendar", ...}.

What happens to a mail is in the address that it is for: never@ is refused, spam@ is refused with its content, later@ and busy@ are put off once
each, hold@ is accepted when the test says so, cut@ is accepted, but the connection ends before that is said, the first time.
"""

import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult
from icalendar import Calendar

# Broken handshakes and passwords without TLS are what is tested.
logging.getLogger("mail").setLevel(logging.CRITICAL + 1)
warnings.simplefilter("ignore")


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def calendar_object(component):
    properties = {}
    for name, values in component.items():
        for value in values if isinstance(values, list) else [values]:
            text = value.dt.isoformat() if hasattr(value, "dt") else str(value)
            properties.setdefault(name, []).append({"value": text, "parameters": dict(getattr(value, "params", {}))})
    return {
        "name": component.name,
        "properties": properties,
        "components": [calendar_object(each) for each in component.subcomponents],
        "errors": [str(error) for error in component.errors],
    }


def calendar_of(text):
    """As iCalendar reads it, and its longest line in bytes."""
    lines = text.encode().split(b"\r\n")
    return {
        "calendars": [calendar_object(each) for each in Calendar.from_ical(text, multiple=True)],
        "longest": max(len(line) for line in lines),
        "bare": any(b"\r" in line or b"\n" in line for line in lines),
    }


def part_of(part):
    content = part.get_payload(decode=True).decode(part.get_content_charset("utf-8"))
    parsed = {"calendar": calendar_of(content)} if part.get_content_type() in ("text/calendar", "application/ics") else {}
    return {
        "type": part.get_content_type(),
        "parameters": dict(part["content-type"].params),
        "disposition": part.get_content_disposition(),
        "file": part.get_filename(),
        "content": content,
        **parsed,
    }


def mail_of(envelope):
    message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
    parts = [part for part in message.walk() if not part.is_multipart()]
    return {
        "sender": envelope.mail_from,
        "recipients": envelope.rcpt_tos,
        "headers": [[name.lower(), str(value)] for name, value in message.items()],
        "structure": [part.get_content_type() for part in message.walk()],
        "parts": [part_of(part) for part in parts],
        "defects": [str(defect) for part in message.walk() for defect in part.defects],
        "longest": max(len(line) for line in envelope.original_content.split(b"\r\n")),
    }


class Handler:
    def __init__(self):
        self.seen = set()  # recipients that were refused once
        self.release = asyncio.Event()

    def first_time(self, address):
        first = address not in self.seen
        self.seen.add(address)
        return first

    async def handle_RCPT(self, server, session, envelope, address, options):
        kind = address.split("@")[0]
        if kind == "never":
            say("refused", recipient=address)
            return "550 5.1.1 nobody of this name"
        if kind == "later" and self.first_time(address):
            say("refused", recipient=address)
            return "451 4.3.0 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        kind = address.split("@")[0]
        if kind == "spam":
            say("refused", recipient=address)
            return "554 5.7.1 not wanted"
        if kind == "busy" and self.first_time(address):
            say("refused", recipient=address)
            return "451 4.3.0 no room"
        if kind == "hold":
            say("held", recipient=address, mail=mail_of(envelope))
            await self.release.wait()
        encrypted = session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None
        say("mail", encrypted=encrypted, login=session.authenticated, **mail_of(envelope))
        if kind == "cut" and self.first_time(address):
            server.transport.abort()
        return "250 OK"


def authenticator(options):
    def authenticate(server, session, envelope, mechanism, data):
        success = data.login.decode() == options["user"] and data.password.decode() == options["password"]
        say("login", success=success, encrypted=session.ssl is not None)
        return AuthResult(success=success, handled=False)

    return authenticate


async def obey(reader, handler):
    while line := await reader.readline():
        request = json.loads(line)
        if request.get("release"):
            handler.release.set()
        if "calendar" in request:
            say("calendar", **calendar_of(request["calendar"]))


async def main():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    options = json.loads(await reader.readline())
    tls = options.get("tls", "none")
    context = None
    if tls != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options["certificate"], options["key"])
    handler = Handler()

    def session():
        return SMTP(
            handler,
            hostname="mail.test",
            enable_SMTPUTF8=False,
            tls_context=context if tls == "starttls" else None,
            auth_require_tls=False,
            authenticator=authenticator(options) if "user" in options else None,
            auth_required="user" in options,
        )

    implicit = context if tls == "implicit" else None
    server = await loop.create_server(session, "127.0.0.1", options.get("port", 0), ssl=implicit)
    say("ready", port=server.sockets[0].getsockname()[1])
    await obey(reader, handler)


asyncio.run(main())
