"""Somebody who takes mail by TLS, and lays each in a folder.

python -m deploy.rehearse.mail HOST PORT CERTIFICATE KEY FOLDER
"""

import socketserver
import ssl
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a client that sends a mail asks for; each mail goes to the server's `taken`."""

    def handle(self) -> None:
        """Answer one client until it leaves."""
        self._say("220 mail")
        while line := self.rfile.readline().decode().strip().upper():
            if line == "DATA":
                self._say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.taken(text.decode())  # type: ignore[attr-defined]
            self._say("221 bye" if line == "QUIT" else "250 mail")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mails at an address, by TLS from the first byte."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], pem: Path, key: Path, taken: Callable[[str], object]
    ) -> None:
        super().__init__(address, Mail)
        told = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        told.load_cert_chain(pem, key)
        self.socket = told.wrap_socket(self.socket, server_side=True)
        self.taken = taken


def main() -> None:
    """Take mails until somebody ends this."""
    host, port, pem, key, folder = sys.argv[1:]
    numbers = count(1)

    def lay(text: str) -> None:
        (Path(folder) / f"{next(numbers)}.eml").write_text(text, encoding="utf-8")

    with MailServer((host, int(port)), Path(pem), Path(key), lay) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
