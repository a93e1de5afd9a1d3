"""A steady load on one partition, open loop, through librdkafka. Options and lines: interop/clients/java/Load.java."""

import struct
import sys
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition

options = {name[2:]: value for name, value in zip(sys.argv[1::2], sys.argv[2::2])}
TOPIC = options["topic"]
PARTITION = int(options["partition"])
RATE = int(options["rate"])
SIZE = int(options["size"])
VERIFY_SECONDS = 60


def settings(**more):
    return {"bootstrap.servers": options["bootstrap"], **more}


def producer():
    given = dict(setting.split("=", 1) for setting in options.get("set", "").split(",") if "=" in setting)
    # Unlike the Java client's, this producer is idempotent only when told so; with acks=1 it cannot be.
    more = {"acks": options["acks"], "enable.idempotence": options["acks"] == "all", **given}
    return Producer(settings(**more))


def say(line):
    print(line, flush=True)


class Load:
    def __init__(self):
        self.lock = threading.Lock()
        self.offsets = {}
        self.ack_times = []
        self.sent = 0
        self.errors = 0
        self.first_error = "-"
        self.fault_at = None
        self.is_acked = False
        self.stopped = False
        self.producer = producer()

    def run(self):
        sender = threading.Thread(target=self.send)
        sender.start()
        threading.Thread(target=self.tell_steady, daemon=True).start()
        for line in map(str.strip, sys.stdin):
            if line == "fault":
                self.fault_at = time.monotonic()
            elif line == "stop":
                self.stopped = True
                sender.join()
                self.producer.flush(60)
                say("stopped")
            elif line == "verify":
                self.verify()
            else:
                raise ValueError(line)

    def send(self):
        begin = time.monotonic()
        while not self.stopped:
            now = time.monotonic()
            due = begin + self.sent / RATE
            if now < due:
                self.producer.poll(min(due - now, 0.001))
                continue
            self.send_one(self.sent, now)
            self.sent += 1

    def send_one(self, number, now):
        value = struct.pack(">i", number).ljust(SIZE, b"\0")
        self.producer.produce(
            TOPIC,
            value,
            partition=PARTITION,
            on_delivery=lambda error, message: self.on_answer(number, now, error, message),
        )

    def on_answer(self, number, sent_at, error, message):
        now = time.monotonic()
        with self.lock:
            if error is not None:
                self.errors += 1
                if self.errors == 1:
                    self.first_error = error.name()
                return
            self.offsets[number] = message.offset()
            self.ack_times.append(now)
        if self.fault_at is None or sent_at < self.fault_at or self.is_acked:
            return
        self.is_acked = True
        say("acked")

    def tell_steady(self):
        calm = 0
        while calm < 20:
            with self.lock:
                behind = self.sent - len(self.offsets) - self.errors
                calm = calm + 1 if self.offsets and behind < RATE / 10 else 0
            time.sleep(0.05)
        say("steady")

    def gap_ms(self):
        """The longest time between two acknowledgements, from a second before the fault on."""
        fault_at = self.fault_at or 0
        pairs = zip(self.ack_times, self.ack_times[1:])
        return int(max((to - since for since, to in pairs if to > fault_at - 1), default=0) * 1000)

    def verify(self):
        numbers = [struct.unpack_from(">i", value)[0] for value in self.values()]
        seen = set()
        duplicates = reordered = 0
        last = -1
        for number in numbers:
            if number in seen:
                duplicates += 1
            elif number < last:
                reordered += 1
            seen.add(number)
            last = max(last, number)
        lost = sorted(set(self.offsets) - seen)
        lost_at = ",".join(str(self.offsets[number]) for number in lost)
        say(
            f"result sent={self.sent} acked={len(self.offsets)} errors={self.errors} lost={len(lost)}"
            f" duplicates={duplicates} reordered={reordered} gap={self.gap_ms()} error={self.first_error} lostAt={lost_at}"
        )

    def values(self):
        consumer = Consumer(settings(**{"group.id": "verify", "enable.auto.commit": False, "enable.partition.eof": True}))
        consumer.assign([TopicPartition(TOPIC, PARTITION, OFFSET_BEGINNING)])
        until = time.monotonic() + VERIFY_SECONDS
        while time.monotonic() < until:
            for message in consumer.consume(1000, timeout=0.5):
                if message.error() is None:
                    yield message.value()
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    consumer.close()
                    return
        raise TimeoutError(f"the partition was not read to its end in {VERIFY_SECONDS} s")


Load().run()
