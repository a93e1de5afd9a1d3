"""What the client programs in Python share: options and lines. Commands and lines: interop/client-program.ts."""

import argparse
import os
import select
import sys

NUMBERS = ("partitions", "timestamp", "from-time", "again-from", "fetch-max", "offset")
TEXTS = ("bootstrap", "topic", "config", "compression", "acks", "group", "assignor", "instance")


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    for name in TEXTS:
        parser.add_argument(f"--{name}")
    for name in NUMBERS:
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--stop-after", type=int, default=sys.maxsize)
    parser.add_argument("--idempotent", action="store_true")
    return parser.parse_args()


options = parse()


def config():
    """The parts of --config NAME=VALUE as a dictionary, or none."""
    return dict([options.config.split("=", 1)]) if options.config else {}


def show(*fields):
    sys.stdout.write("\t".join(str(field) for field in fields) + "\n")
    sys.stdout.flush()


def show_record(partition, offset, timestamp, key, value, headers):
    pairs = [f"{name}={content.decode()}" for name, content in headers or []]
    show("record", partition, offset, timestamp, text(key), text(value), *pairs)


def text(content):
    return "\\N" if content is None else content.decode()


def content(field):
    return None if field == "\\N" else field.encode()


def input_records():
    """(timestamp or None, key, value, headers) of each line of standard input, key, value and header values as bytes."""
    for line in sys.stdin:
        timestamp, key, value, *headers = line.rstrip("\n").split("\t")
        pairs = [(name, rest.encode()) for name, rest in (header.split("=", 1) for header in headers)]
        yield (int(timestamp) if timestamp else None), content(key), content(value), pairs


def told_to_leave():
    """Whether the runner has said `leave`; `die` ends the program at once."""
    if not select.select([sys.stdin], [], [], 0)[0]:
        return False
    line = sys.stdin.readline().strip()
    if line == "die":
        os._exit(1)
    return line == "leave"


class Left:
    """What is left to read of partitions with these (start, end) offsets, once or with a seek back at the end."""

    def __init__(self, spans, seek):
        self.spans = spans
        self.seek = seek
        self.again = options.again_from
        self.ends = {index: end for index, (start, end) in spans.items() if start < end}

    def took(self, index, offset):
        if offset + 1 >= self.spans[index][1]:
            self.ends.pop(index, None)
        if not self.ends and self.again is not None:
            self.ends = {index: end for index, (_, end) in self.spans.items()}
            for index in self.ends:
                self.seek(index, self.again)
            self.again = None

    def __bool__(self):
        return bool(self.ends)


def run(commands, name_of=lambda error: type(error).__name__):
    try:
        commands[options.command]()
    except Exception as error:  # The runner shows it with the case that failed.
        show("error", name_of(error), " ".join(str(error).split()))
        sys.exit(1)
