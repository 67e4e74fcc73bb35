"""A custom runtime that misbehaves as the variable MODE says, once it has been asked for something."""
import os
import socket
import struct
import sys
import time

mode = os.environ['MODE']
if mode == 'exitAtOnce':
    sys.exit(7)

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('0.0.0.0', int(os.environ['FC_CUSTOM_LISTEN_PORT'])))
server.listen(64)


def head(*lines):
    return ('\r\n'.join(('HTTP/1.1 200 OK',) + lines) + '\r\n\r\n').encode()


def forever(connection, piece):
    while True:
        connection.sendall(piece)


def serve(connection, request):
    if mode == 'polite':
        connection.sendall(head('Content-Length: 5', 'Connection: close') + b'hello')
    elif mode == 'exit':
        os._exit(9)
    elif mode == 'exitMidway':
        connection.sendall(head('Content-Length: 1000000') + b'x' * 1000)
        os._exit(9)
    elif mode == 'garbage':
        connection.sendall(b'\x00\xffthis is no HTTP\r\n\r\n' * 100)
    elif mode == 'garbageMidway':
        connection.sendall(head('Transfer-Encoding: chunked') + b'5\r\nhello\r\nzz\r\n\xff\xff\r\n')
    elif mode == 'endlessHeaders':
        connection.sendall(b'HTTP/1.1 200 OK\r\n')
        forever(connection, b'X-More: and more\r\n' * 1000)
    elif mode == 'endlessLine':
        connection.sendall(b'HTTP/1.1 200 OK\r\nX-Long: ')
        forever(connection, b'x' * 65536)
    elif mode == 'manyHeaders':
        connection.sendall(head('Content-Length: 2', *('X-%d: y' % index for index in range(1900))) + b'ok')
    elif mode == 'endlessInformation':
        forever(connection, b'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n' * 1000)
    elif mode == 'endlessBody':
        connection.sendall(head('Transfer-Encoding: chunked'))
        forever(connection, b'10000\r\n' + b'x' * 65536 + b'\r\n')
    elif mode == 'reset':
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    elif mode == 'silent':
        time.sleep(1000)
    elif mode == 'switch':
        connection.sendall(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhello')
        time.sleep(1000)


while True:
    connection, _ = server.accept()
    try:
        request = b''
        while b'\r\n\r\n' not in request:
            received = connection.recv(65536)
            if not received:
                break
            request += received
        if request:
            serve(connection, request)
    except OSError:
        pass
    connection.close()
