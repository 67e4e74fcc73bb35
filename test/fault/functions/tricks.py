"""A function that means harm. The event says which: {"trick": "loop", ...}."""
import json
import os
import signal
import subprocess
import sys
import threading
import time


def echo(say):
    return say


def loop():
    while True:
        pass


def takeMemory():
    taken = []
    while True:
        taken.append(b'x' * (16 << 20))


def forkBomb():
    def bomb():
        while True:
            try:
                if os.fork() == 0:
                    os.setsid()
            except OSError:
                pass

    threading.Thread(target=bomb, daemon=True).start()
    never()


def print_(megabytes, lineBytes):
    piece = ('x' * (lineBytes - 1) + '\n') * ((1 << 20) // lineBytes)
    for _ in range(megabytes):
        sys.stdout.write(piece)
    return 'printed'


def exit(code):
    os._exit(code)


def crashLater():
    """As soon as the runtime has answered and waits for its next frame."""
    main = threading.main_thread().ident

    def crash():
        while sys._current_frames()[main].f_code.co_name != 'frames':
            time.sleep(0.001)
        os.abort()

    threading.Thread(target=crash, daemon=True).start()
    return 'answered'


def never():
    while True:
        time.sleep(1000)


def stop():
    os.kill(os.getpid(), signal.SIGSTOP)
    return 'went on'


def closeOutput():
    for descriptor in (1, 2):
        os.close(descriptor)
    print('into the void')
    return 'closed'


def garbage():
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b'\xa5' * 65536)
        except OSError:
            pass
    never()


def answerLarge(megabytes):
    return 'a' * (megabytes << 20)


def ignoreSignals():
    """A child that has left the group and the session, ignores what can be ignored, and stays."""
    source = 'trap "" TERM INT HUP QUIT; while :; do sleep 1000; done'
    subprocess.Popen(['/bin/sh', '-c', source], start_new_session=True, close_fds=True)
    os._exit(3)


tricks = {
    name.rstrip('_'): value for name, value in list(globals().items()) if callable(value) and name != 'tricks'
}


def handler(event, context):
    settings = json.loads(event)
    return tricks[settings.pop('trick')](**settings)
