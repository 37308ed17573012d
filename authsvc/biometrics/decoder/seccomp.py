"""What a confined process may still ask the kernel for (Linux, seccomp(2)), and who may read a process."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Mapping
from typing import Final

_ALLOWED: Final[Mapping[str, tuple[int, tuple[int, ...]]]] = {
    # Audit architecture, and the numbers of: read, write, close, mmap, mprotect, munmap, brk, rt_sigreturn,
    # mremap, madvise, sendto, recvfrom, sendmsg, recvmsg, futex, exit, exit_group, getrandom, clock_gettime,
    # sched_yield, restart_syscall.
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 9, 10, 11, 12, 15, 25, 28, 44, 45, 46, 47, 202, 60, 231, 318, 228, 24, 219),
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 57, 222, 226, 215, 214, 139, 216, 233, 206, 207, 211, 212, 98, 93, 94, 278, 113, 124, 128),
    ),
}
"""Memory, the sockets that it has, and its end. Not: open, connect, fork, exec, kill, and reading others."""

_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000
"""SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO with EPERM, SECCOMP_RET_KILL_PROCESS."""

_SET_DUMPABLE, _SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 4, 38, 22, 2

_C: Final = ctypes.CDLL(None, use_errno=True)


def hide_memory() -> None:
    """Let no other process of this user read this one's memory, nor the kernel dump it (prctl(2))."""
    _prctl(_SET_DUMPABLE, 0)


def refuse_all_but_work() -> None:
    """Refuse this process, from now on, every system call but those of _ALLOWED; raises OSError.

    On another processor than x86-64 and 64-bit ARM nothing is refused: limits of resources are left then.
    """
    if platform.machine() not in _ALLOWED:
        return
    architecture, numbers = _ALLOWED[platform.machine()]
    steps = [(_LOAD, 0, 0, _ARCHITECTURE_AT), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL)]
    steps += [(_LOAD, 0, 0, _NUMBER_AT)]
    for number in numbers:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    steps += [(_RETURN, 0, 0, _REFUSE)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *step) for step in steps))
    program = struct.pack("@HP", len(steps), ctypes.addressof(code))
    _prctl(_SET_NO_NEW_PRIVS, 1)
    _prctl(_SET_SECCOMP, _FILTER, ctypes.c_char_p(program))


def _prctl(option: int, value: int, pointer: object = 0) -> None:
    if _C.prctl(option, ctypes.c_ulong(value), pointer, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
