"""The HTTP handler of FC 2.0, a WSGI application (PEP 3333) that is called once for each request (../protocol.md)."""
import io
import json
import struct
import sys


def call(handler, http, body, context):
    """What the handler answers: u32 length of the head, the head, the body."""
    started = []
    written = []

    def start_response(status, headers, exc_info=None):
        if exc_info:
            # Nothing was sent yet, so the second answer takes the place of the first.
            exc_info = None
        elif started:
            raise AssertionError("start_response was called twice")
        code, _, _ = str(status).partition(" ")
        started[:] = [int(code), [text for header in headers for text in map(str, header)]]
        return written.append

    result = handler(environment(http, body, context), start_response)
    try:
        chunks = [] if result is None else list(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    if not started:
        raise AssertionError("the handler returned without having called start_response")
    status, headers = started
    # WSGI has text as bytes, one character each; on the way it is text.
    headers = [text.encode("latin-1", "replace").decode("utf-8", "replace") for text in headers]
    head = json.dumps({"status": status, "headers": headers}).encode()
    return struct.pack(">I", len(head)) + head + b"".join(written + chunks)


def environment(http, body, context):
    url = http["url"]
    environ = {
        "REQUEST_METHOD": http["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": native(http["path"]),
        "QUERY_STRING": http["query"],
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": http["clientIp"],
        "CONTENT_TYPE": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "fc.context": context,
        "fc.request_uri": url,
    }
    names = http["headers"]
    for index in range(0, len(names), 2):
        name, value = names[index].upper().replace("-", "_"), native(names[index + 1])
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + name
        environ[key] = environ[key] + "," + value if key.startswith("HTTP_") and key in environ else value
    environ["CONTENT_LENGTH"] = str(len(body))
    host, _, port = environ.get("HTTP_HOST", "").rpartition(":")
    if host and port.isdigit():
        environ["SERVER_NAME"], environ["SERVER_PORT"] = host, port
    elif environ.get("HTTP_HOST"):
        environ["SERVER_NAME"] = environ["HTTP_HOST"]
    return environ


def native(text):
    """Text as WSGI has it: the bytes of its UTF-8, one character each."""
    return text.encode("utf-8").decode("latin-1")
