"""
The Python runtime: starts without code, says READY, and then does what the frames on file descriptor 3 say
(../protocol.md). Standard library only, Python 3.9 to 3.13. Start it with `python3 -I -S -u bootstrap.py`.

Reading and writing block: one thread works off one frame after the other, and a function that prints faster than the
platform reads is held back by the kernel.
"""
import atexit
import gc
import importlib
import importlib.util
import io
import json
import logging
import os
import struct
import sys
import sysconfig
import threading
import time
import traceback
from datetime import date, datetime
from decimal import Decimal

FD = 3
OWN_FILE = __file__
WSGI_FILE = os.path.join(os.path.dirname(OWN_FILE), "wsgi.py")
HEADER = struct.Struct(">IBI")
PAYLOAD_MAX = 64 * 1024 * 1024 - 5
BIND, INVOKE, INITIALIZE, PRE_STOP, WARM = 1, 2, 3, 4, 5
READY, RESULT, ERROR, LOG = 64, 65, 66, 67
UNHANDLED = b"\x02"

# The platform cuts a line at 32 K characters and says so; what is far beyond that need not travel.
LINE_BYTES_MAX = 33 * 1024
PIECE_BYTES_MAX = 256 * 1024
ERROR_TEXT_MAX = 256 * 1024

read = os.read
write = os.write
lock = threading.RLock()


class Current:
    """The invocation that runs, 0 outside; its request id stays after its end, as with the vendor."""

    id = 0
    request_id = ""


# ---- the channel


def send(kind, frame_id, payload):
    frame = HEADER.pack(len(payload) + 5, kind, frame_id)
    if len(payload) < 65536:
        frame += payload
        payload = b""
    with lock:
        try:
            for piece in (frame, payload):
                view = memoryview(piece)
                while len(view) > 0:
                    view = view[write(FD, view):]
        except OSError:
            # The platform is gone.
            os._exit(1)


def receive(size):
    chunks = []
    while size > 0:
        try:
            chunk = read(FD, min(size, 1 << 20))
        except OSError:
            os._exit(1)
        if not chunk:
            os._exit(0)
        chunks.append(chunk)
        size -= len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def frames():
    """Reads ahead within one chunk, so that a small frame takes one system call."""
    rest = b""
    while True:
        while len(rest) < HEADER.size:
            try:
                chunk = read(FD, 65536)
            except OSError:
                os._exit(1)
            if not chunk:
                os._exit(0)
            rest += chunk
        length, kind, frame_id = HEADER.unpack_from(rest)
        if not 5 <= length <= PAYLOAD_MAX + 5:
            os._exit(1)
        end = 4 + length
        if len(rest) < end:
            rest += receive(end - len(rest))
        payload, rest = rest[HEADER.size:end], rest[end:]
        yield kind, frame_id, payload


# ---- what the function prints


class LogOutput(io.RawIOBase):
    """`sys.stdout` and `sys.stderr`: whole lines become LOG frames of the invocation that runs."""

    def __init__(self, fd):
        super().__init__()
        self._fd = fd
        self._unfinished = b""
        self._forked = False

    def writable(self):
        return True

    def fileno(self):
        return self._fd

    def isatty(self):
        return False

    def write(self, data):
        data = bytes(data)
        if self._forked:
            # A forked child has no part in the conversation: it prints to the output of the sandbox.
            os.write(self._fd, data)
            return len(data)
        with lock:
            end = data.rfind(b"\n") + 1
            if end > 0:
                self._send_lines(self._unfinished + data[:end])
                self._unfinished = b""
            if len(self._unfinished) < LINE_BYTES_MAX:
                self._unfinished += data[end:end + LINE_BYTES_MAX]
        return len(data)

    def _send_lines(self, lines):
        if len(lines) <= PIECE_BYTES_MAX:
            send(LOG, Current.id, lines)
            return
        at = 0
        while at < len(lines):
            end = lines.rfind(b"\n", at, at + PIECE_BYTES_MAX) + 1
            if end > 0:
                send(LOG, Current.id, lines[at:end])
            else:
                # A line that is too long loses its end.
                send(LOG, Current.id, lines[at:at + LINE_BYTES_MAX] + b"\n")
                end = lines.index(b"\n", at) + 1
            at = end

    def finish_line(self):
        with lock:
            if self._unfinished:
                send(LOG, Current.id, self._unfinished + b"\n")
                self._unfinished = b""

    def in_child(self):
        self._forked = True
        self._unfinished = b""


outputs = (LogOutput(1), LogOutput(2))


def text_stream(raw):
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="\n", write_through=True)


def finish_lines():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            # The function put something else there.
            pass
    for output in outputs:
        output.finish_line()


class RequestFormatter(logging.Formatter):
    """2023-09-21T09:38:21.265Z {request id} [INFO] message"""

    converter = time.gmtime

    def __init__(self):
        super().__init__("%(asctime)s.%(msecs)03dZ %(fc_request_id)s [%(levelname)s] %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record):
        record.fc_request_id = Current.request_id
        return super().format(record)


class LogHandler(logging.Handler):
    """Writes past `sys.stdout`, which the function may replace."""

    def emit(self, record):
        try:
            text = self.format(record)
            if len(text) > LINE_BYTES_MAX:
                text = text[:LINE_BYTES_MAX]
            outputs[0].write(text.encode("utf-8", "backslashreplace") + b"\n")
        except Exception:
            self.handleError(record)


root_logger = logging.getLogger()


# ---- errors and results


class UserCodeProblem(Exception):
    """The function cannot be called: its code is missing, broken, or not what the handler's name says."""

    def __init__(self, kind, message, cause):
        super().__init__(message)
        self.kind = kind
        self.cause = cause


def serializable(value):
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if hasattr(value, "to_json"):
        return value.to_json()
    raise TypeError(repr(value) + " is not JSON serializable")


def to_json(value):
    return json.dumps(value, default=serializable, indent=4, sort_keys=True)


def cut(text):
    return text if len(text) <= ERROR_TEXT_MAX else text[:ERROR_TEXT_MAX] + "... Truncated by FunctionCompute"


def safe_text(value):
    try:
        return str(value)
    except Exception as failure:
        return "the error cannot be shown: " + type(failure).__name__


def is_user_frame(frame):
    return frame.filename not in (OWN_FILE, WSGI_FILE) and not frame.filename.startswith("<frozen importlib")


def error_document(error):
    """What the vendor answers for an exception: [['File "/code/index.py"', 'line 13', 'in handler', 'raise …']]"""
    document = {"errorMessage": cut(safe_text(error)), "errorType": type(error).__name__}
    stack = [
        ['File "%s"' % frame.filename, "line %d" % frame.lineno, "in %s" % frame.name, frame.line or ""]
        for frame in traceback.extract_tb(error.__traceback__)
        if is_user_frame(frame)
    ]
    if stack:
        document["stackTrace"] = stack
    return document


def problem_document(problem):
    """Loading fails with a flat list: ['File "/code/index.py"', 'line 3', 'def handler(', 'SyntaxError: …']"""
    document = {"errorMessage": cut(str(problem)), "errorType": problem.kind}
    stack = []
    if problem.cause is not None:
        for index, text in enumerate(traceback.format_exception_only(type(problem.cause), problem.cause)):
            for line in text.split("\n"):
                line = line.replace("^", "").replace("~", "").strip()
                parts = line.split(",") if index == 0 and line.startswith("File ") else [line]
                stack.extend(part.strip() for part in parts if part.strip())
    if stack:
        document["stackTrace"] = stack
    return document


def result_bytes(value):
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    try:
        return to_json(value).encode("utf-8")
    except TypeError:
        # Keys of several types have no order; anything else that is wrong with the value raises again.
        return json.dumps(value, default=serializable, indent=4).encode("utf-8")


# ---- the context


class Fields:
    """Attributes by the vendor's names, and by the older ones in camelCase."""

    def __init__(self, **fields):
        for name, value in fields.items():
            setattr(self, name, value)
            first, *others = name.split("_")
            if others:
                setattr(self, first + "".join(other.capitalize() for other in others), value)

    def __repr__(self):
        return "%s(%s)" % (type(self).__name__, ", ".join("%s=%r" % pair for pair in sorted(vars(self).items())))


class Credentials(Fields):
    pass


class FunctionMeta(Fields):
    pass


class ServiceMeta(Fields):
    pass


class Tracing(Fields):
    pass


class FCContext(Fields):
    def to_json(self):
        return {name: vars(value) if isinstance(value, Fields) else value
                for name, value in vars(self).items() if name != "logger"}


CREDENTIAL_VARIABLES = (
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "accessKeyId"),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "accessKeySecret"),
    ("ALIBABA_CLOUD_SECURITY_TOKEN", "securityToken"),
)


def make_context(settings, head):
    given = head.get("credentials") or {}
    tracing = head.get("tracing") or {}
    function = FunctionMeta(
        name=settings.get("functionName", ""),
        handler=settings.get("handler", ""),
        memory=settings.get("memoryMb", 0),
        timeout=settings.get("timeoutS", 0),
    )
    if settings.get("initializer"):
        function.initializer = settings["initializer"]
        function.initialization_timeout = function.initializationTimeout = settings.get("initializerTimeoutS", 0)
    context = FCContext(
        request_id=head.get("requestId", ""),
        function=function,
        service=ServiceMeta(
            name=settings.get("serviceName", ""),
            log_project=settings.get("logProject", ""),
            log_store=settings.get("logStore", ""),
            qualifier=settings.get("qualifier", ""),
            version_id=settings.get("versionId", ""),
        ),
        region=settings.get("region", ""),
        account_id=settings.get("accountId", ""),
        retry_count=head.get("retryCount", 0),
        tracing=Tracing(
            span_context=tracing.get("openTracingSpanContext", ""),
            span_baggages=tracing.get("openTracingSpanBaggages", {}),
            jaeger_endpoint=tracing.get("jaegerEndpoint", ""),
        ),
        logger=root_logger,
    )
    # python3.12 has them in its environment only.
    if settings.get("runtime") != "python3.12":
        context.credentials = Credentials(
            access_key_id=given.get("accessKeyId", ""),
            access_key_secret=given.get("accessKeySecret", ""),
            security_token=given.get("securityToken", ""),
        )
    return context


# ---- loading


def load(settings, name):
    module_name, dot, function_name = name.rpartition(".")
    if not dot or not module_name or not function_name:
        # The vendor's spelling of this type.
        raise UserCodeProblem("InvalidHandleName", "Invalid handler '%s'" % name, None)
    try:
        module = load_module(settings["codeDir"], module_name)
    except UserCodeProblem:
        raise
    except ImportError as error:
        raise UserCodeProblem("ImportModuleError", "Unable to import module '%s'" % module_name, error) from error
    except SyntaxError as error:
        raise UserCodeProblem("UserCodeSyntaxError", "Syntax error in module '%s'" % module_name, error) from error
    except Exception as error:
        message = "Module initialization error: '%s'" % safe_text(error)
        raise UserCodeProblem("UserCodeError", message, error) from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        message = "Handler '%s' is missing on module '%s'" % (function_name, module_name)
        raise UserCodeProblem("HandlerNotFound", message, error) from error


def load_own(name, file):
    """A file beside this one: not on the path, and no module that the function could see."""
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Its folder belongs to the platform: nothing is written there.
sys.dont_write_bytecode = True
wsgi = load_own("wsgi", WSGI_FILE)


def load_module(code_dir, module_name):
    """`index`, `package.module` and `folder/module`; the function's own file wins over a module of the library."""
    path = os.path.join(code_dir, *module_name.replace("/", ".").split("."))
    file = path + ".py"
    if not os.path.isfile(file):
        file = os.path.join(path, "__init__.py")
    if "/" not in module_name and ("." in module_name or not os.path.isfile(file)):
        return importlib.import_module(module_name)
    if not os.path.isfile(file):
        raise ImportError("No module named %r" % module_name)
    loaded = sys.modules.get(module_name)
    if loaded is not None and getattr(loaded, "__file__", None) == file:
        return loaded
    spec = importlib.util.spec_from_file_location(module_name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(module_name, None)
        raise
    return module


def library_folders():
    """Where this interpreter keeps installed packages, which it did not look at (-S) while it had no function."""
    version = "python%d.%d" % sys.version_info[:2]
    found = [sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]]
    for prefix in dict.fromkeys((sys.prefix, sys.base_prefix, "/usr/local", "/usr")):
        found += [os.path.join(prefix, "lib", version, folder) for folder in ("site-packages", "dist-packages")]
    # Debian's interpreters of every minor version share this one.
    if sys.prefix == "/usr":
        found.append("/usr/lib/python3/dist-packages")
    return [folder for folder in dict.fromkeys(found) if os.path.isdir(folder)]


def listen_for_debugger(at):
    """Before any code is loaded, so that breakpoints in all of it hit. Without debugpy the function runs as always."""
    # What the debugger itself has to say about the interpreter is not for the log of the function.
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    try:
        import debugpy
        debugpy.configure(subProcess=False)
        debugpy.listen((at["host"], at["port"]))
    except ImportError:
        root_logger.error("debugpy is missing, so there is nothing to attach to: put it into the code "
                          "(pip install --target CODE_FOLDER debugpy) or install it on this machine")
    except Exception as error:
        root_logger.error("debugpy cannot listen: %s", error)


# ---- the conversation


class Runtime:
    def __init__(self):
        self.settings = None
        self.handlers = {}

    def bind(self, settings):
        self.settings = settings
        code_dir, opt_dir = settings["codeDir"], settings.get("optDir", "/opt")
        env = settings.get("env") or {}
        os.environ.update(env)
        if "TZ" in env:
            time.tzset()
        version = "python%d.%d" % sys.version_info[:2]
        # As with the vendor: the code, then the layers; then what the function's own PYTHONPATH says.
        sys.path[:0] = [code_dir, os.path.join(opt_dir, "python", "lib", version, "site-packages"),
                        os.path.join(opt_dir, "python")] + [p for p in env.get("PYTHONPATH", "").split(":") if p]
        sys.path.extend(folder for folder in self.libraries if folder not in sys.path)
        if settings.get("compileCacheDir"):
            sys.pycache_prefix = settings["compileCacheDir"]
            sys.dont_write_bytecode = False
        importlib.invalidate_caches()
        if env.get("FC_LOG_LEVEL") in logging._nameToLevel:
            root_logger.setLevel(env["FC_LOG_LEVEL"])
        try:
            os.chdir(code_dir)
        except OSError as error:
            root_logger.error("the code folder cannot be entered: %s", error)
        sys.argv[:] = [""]
        if settings.get("debug"):
            listen_for_debugger(settings["debug"])
        outputs[0].write(b"FunctionCompute python3 runtime inited.\n")

    def handler(self, name):
        """Loads each handler once; one that failed fails for ever in the same way."""
        loaded = self.handlers.get(name)
        if loaded is None:
            try:
                loaded = load(self.settings, name)
            except UserCodeProblem as problem:
                loaded = problem
                if problem.cause is not None:
                    self.log_traceback(problem.cause)
            self.handlers[name] = loaded
        if isinstance(loaded, UserCodeProblem):
            raise loaded
        return loaded

    @staticmethod
    def log_traceback(error):
        frames_of_user = [frame for frame in traceback.extract_tb(error.__traceback__) if is_user_frame(frame)]
        if frames_of_user:
            root_logger.error("".join(traceback.format_list(frames_of_user)).rstrip())

    def show_credentials(self, credentials):
        own = self.settings.get("env") or {}
        for variable, field in CREDENTIAL_VARIABLES:
            if variable not in own:
                os.environ[variable] = credentials.get(field, "")

    def serve(self, kind, frame_id, payload):
        (head_size,) = struct.unpack_from(">H", payload)
        head = json.loads(payload[2:2 + head_size])
        Current.id, Current.request_id = frame_id, head.get("requestId", "")
        try:
            answer, body = self.run(kind, head, payload[2 + head_size:])
        except SystemExit:
            raise
        except UserCodeProblem as problem:
            document = problem_document(problem)
            root_logger.error(document)
            answer, body = ERROR, UNHANDLED + to_json(document).encode()
        except Exception as error:
            text = to_json(error_document(error))
            root_logger.error(text)
            answer, body = ERROR, UNHANDLED + text.encode()
        finish_lines()
        with lock:
            send(answer, frame_id, body)
            Current.id = 0

    def run(self, kind, head, event):
        if kind == WARM:
            return RESULT, warm(event, make_context({"runtime": ""}, head))
        credentials = head.get("credentials")
        if credentials:
            self.show_credentials(credentials)
        name = {INVOKE: "handler", INITIALIZE: "initializer", PRE_STOP: "preStop"}[kind]
        handler = self.handler(self.settings[name])
        context = make_context(self.settings, head)
        if kind != INVOKE:
            handler(context)
            return RESULT, b""
        if "http" in head:
            body = wsgi.call(handler, head["http"], event, context)
        else:
            body = result_bytes(handler(event, context))
        if len(body) > PAYLOAD_MAX:
            raise ValueError("the result has %d bytes" % len(body))
        return RESULT, body

    def converse(self):
        send(READY, 0, b"")
        for kind, frame_id, payload in frames():
            if kind == BIND and self.settings is None:
                self.bind(json.loads(payload))
            elif kind == WARM and self.settings is None:
                self.serve(kind, frame_id, payload)
            elif kind in (INVOKE, INITIALIZE, PRE_STOP) and self.settings is not None:
                self.serve(kind, frame_id, payload)
            else:
                os._exit(1)


def warm(event, context):
    """Touches what first invocations usually touch, and leaves nothing behind; what it formats is not sent."""
    handler = load({"codeDir": os.path.dirname(OWN_FILE)}, "warm.handler")
    del sys.modules["warm"]
    os.chdir(os.getcwd())
    importlib.invalidate_caches()
    record = root_logger.makeRecord("warm", logging.INFO, OWN_FILE, 1, "%s %s", (context, len(event)), None)
    root_logger.handlers[0].format(record)
    try:
        raise ValueError("warm")
    except ValueError as error:
        to_json(error_document(error))
    return result_bytes(handler(event, context))


def in_forked_child():
    for output in outputs:
        output.in_child()
    os.close(FD)


def main():
    os.set_inheritable(FD, False)
    os.register_at_fork(after_in_child=in_forked_child)
    for name in [name for name in os.environ if name.startswith("HANSHU_")]:
        del os.environ[name]
    sys.stdout, sys.stderr = text_stream(outputs[0]), text_stream(outputs[1])
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    handler = LogHandler()
    handler.setFormatter(RequestFormatter())
    root_logger.handlers[:] = [handler]
    root_logger.setLevel(logging.INFO)
    # -S leaves out `exit` and `help`, which functions use.
    import site

    site.setquit()
    site.sethelper()
    runtime = Runtime()
    runtime.libraries = library_folders()
    gc.collect()
    gc.freeze()
    code = 1
    try:
        runtime.converse()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 0 if ending.code is None else 1
        if code == 1 and not isinstance(ending.code, int):
            print(ending.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    # Not by returning, which waits for the function's threads.
    atexit._run_exitfuncs()
    finish_lines()
    os._exit(code & 0xFF)


if __name__ == "__main__":
    main()
