"""An app that looks for a way out: each probe raises an error where there is none, as there should be."""

from __future__ import annotations

from workbook.course.places import ROOT

from . import Attack

_LIBRARY = """
import ctypes, errno, fcntl, mmap, os, pathlib, signal, socket, stat, struct, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def called(done):
    if done == -1 or done is None:
        raise OSError(ctypes.get_errno(), "refused")
    return done
def system(x86, arm, *arguments):
    return called(libc.syscall(arm if os.uname().machine == "aarch64" else x86, *arguments))
def there(*paths):
    found = [path for path in paths if os.path.lexists(path)]
    assert found
"""

# What each tries, and the code of the probe. Processes 1 and 2 are the first process of the confined ones, and an app.
PROBES = {
    "has more descriptors than its own": """
def kind(number):
    mode = os.fstat(number).st_mode
    return stat.S_IFMT(mode)
more = []
for number in range(3, 256):
    try:
        more.append((number, kind(number)))
    except OSError:
        pass
assert len(more) > 1, more  # one is for its own reports
""",
    "traces the first process": "called(libc.ptrace(16, 1, 0, 0))",
    "seizes the first process": "called(libc.ptrace(0x4206, 1, 0, 0))",
    "reads the memory of another process": """
here = ctypes.create_string_buffer(8)
vector = struct.pack("QQ", ctypes.addressof(here), 8)
system(310, 270, 1, vector, 1, struct.pack("QQ", id(os), 8), 1, 0)
""",
    "opens the memory of another process": "open('/proc/1/mem', 'r+b')",
    "takes a descriptor of another process": """
taken = [number for number in range(64) if libc.syscall(438, os.pidfd_open(1), number, 0) >= 0]
assert taken
""",
    "sees processes in /proc": "assert os.listdir('/proc')",
    "signals other processes": """
def lives(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
assert [pid for pid in range(100, 70_000, 7) if lives(pid)] + [pid for pid in (os.getppid(),) if pid > 1]
""",
    "reads the log that its output goes to": "os.lseek(1, 0, 0); assert os.read(1, 10) or True",
    "is root": "assert 0 in (*os.getresuid(), *os.getresgid(), *os.getgroups())",
    "becomes root": "os.setuid(0)",
    "becomes another user": "os.setresuid(1000, 1000, 1000)",
    "gets its rights back": "called(libc.prctl(47, 2, 21, 0, 0))",
    "makes a namespace of users": "called(libc.unshare(0x10000000))",
    "clones into a namespace of users": """
pid = system(56, 220, 0x10000000 | 17, 0, 0, 0, 0)
if pid == 0:
    os._exit(0)
""",
    "makes a namespace of files": "called(libc.unshare(0x20000))",
    "mounts": "called(libc.mount(b'none', b'/tmp', b'tmpfs', 0, b''))",
    "mounts a root of its own": "called(libc.chroot(b'/tmp'))",
    "takes a mount away": "called(libc.umount2(b'/etc', 2))",
    "enters another namespace": "called(libc.setns(os.open('/proc/1/ns/net', os.O_RDONLY), 0))",
    "makes a device": "os.mknod('/tmp/disk', stat.S_IFBLK | 0o666, os.makedev(8, 0)); open('/tmp/disk', 'rb').read(1)",
    "changes the name of the machine": "called(libc.sethostname(b'owned', 5))",
    "changes the clock": "time.clock_settime(time.CLOCK_REALTIME, 0)",
    "loads a program into the kernel": "system(321, 280, 0, ctypes.create_string_buffer(128), 128)",
    "uses io_uring": "system(425, 425, 8, ctypes.create_string_buffer(256))",
    "reads keys": "system(250, 219, 0, -3, 1)",
    "watches the machine": "system(298, 241, struct.pack('IIQ', 1, 128, 0).ljust(128, b'\\0'), 0, -1, -1, 0)",
    "uses memory that nobody counts": "mmap.mmap(-1, 4096)",
    "uses memory without a name": "os.memfd_create('x')",
    "uses memory of System V": "system(29, 194, 0, 4096, 0o1600)",
    "leaves its processor": "os.sched_setaffinity(0, {0})",
    "comes first": "os.nice(-5)",
    "raises its limits": """
import resource
soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
resource.setrlimit(resource.RLIMIT_NPROC, (hard + 1000, hard + 1000))
""",
    "has no limits": """
import resource
kinds = (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU)
assert [kind for kind in kinds if resource.getrlimit(kind)[1] == resource.RLIM_INFINITY]
""",
    "writes into a terminal": "fcntl.ioctl(0, 0x5412, b'a')",
    "has a raw socket": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "has a packet socket": "socket.socket(17, socket.SOCK_RAW, 3)",
    "asks the kernel for all sockets": "socket.socket(16, socket.SOCK_RAW, 4)",
    "has a socket to the host of a virtual machine": "socket.socket(40, socket.SOCK_STREAM)",
    "has a socket for ciphers": "socket.socket(38, 5)",
    "connects out": "socket.create_connection(('192.0.2.1', 80), timeout=1)",
    "connects out by UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('8.8.8.8', 53))",
    "asks for a name": "socket.gethostbyname('example.com')",
    "sees another network": "assert [name for _, name in socket.if_nameindex() if name != 'lo']",
    "reaches a Unix socket of the system": """
for path in ("/run/systemd/notify", "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/tmp/.X11-unix/X0"):
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        break
    except OSError:
        pass
else:
    raise OSError("none")
""",
    "reaches an abstract socket outside": "socket.socket(socket.AF_UNIX).connect('\\0of the teacher')",
    "reads what the teacher's shell has": "assert 'OF_THE_TEACHER' in os.environ",
    "reads files of the host": """
there("/etc/shadow", "/etc/machine-id", "/root/.bashrc", "/root/.ssh", "/home", "/var", "/proc/self/environ", "/sys",
      "/boot", "/bin/sh", "/run", "/dev/sda", "/dev/vda", "/dev/mem", "/dev/zero",
      "/dev/tty", "/dev/pts", "/usr/bin/python3")
""",
    "reads the workbook": f"""
root = {str(ROOT)!r}
there(*(f"{{root}}/{{name}}" for name in ("solutions", "tests", "chapters", "diagrams", ".git", "notebooks",
      ".workbook", "workbook/exercises", "workbook/checks", "workbook/grading", "workbook/attacks")))
""",
    "sees the work of others": """
others = [name for name in os.listdir("/dev/shm") + os.listdir("/tmp") if not name.startswith("checks-")]
assert others + os.listdir(os.environ["WATCHED"])
""",
    "writes outside of its own": """
for folder in ("/", "/etc", "/dev", "/usr/lib", "/lib", sys.prefix, os.path.dirname(os.__file__)):
    if folder.startswith(("/tmp/", "/dev/shm/")):
        continue  # these are its own
    try:
        open(f"{folder}/of-the-attacker", "w")
        break
    except OSError:
        pass
else:
    raise OSError("nowhere")
""",
    "shares the port of the providers": """
port = int(os.environ["TWITTER_URL"].rpartition(":")[2].partition("/")[0])
one = socket.socket()
one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
one.bind(("127.0.0.1", port))
one.listen()
""",
    "finds the answers in its own memory": """
import gc
words = ("workbook.checks", "workbook.exercises", "workbook.grading", "pytest", "_pytest")
assert [name for name in sys.modules if name.startswith(words)]
""",
}


def looks_for(probes: dict[str, str]) -> Attack:
    """An app that tries all of these; its error names those that worked."""
    parts = [_LIBRARY, "worked = []"]
    for name, code in probes.items():
        body = "\n    ".join(code.strip().splitlines())
        parts += [
            f"def probe():\n    {body}",
            f"try:\n    probe()\nexcept BaseException:\n    pass\nelse:\n    worked.append({name!r})",
        ]
    parts.append("if worked:\n    raise SystemExit('WORKED: ' + '; '.join(worked))")
    return Attack("one of many ways out", before="\n".join(parts))
