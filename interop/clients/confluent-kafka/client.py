"""The confluent-kafka side of the interop matrix. Commands and lines: interop/client-program.ts."""

import argparse
import os
import select
import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition, libversion, version
from confluent_kafka.admin import AdminClient, NewTopic

SECONDS = 20


def show(*fields):
    sys.stdout.write("\t".join(str(field) for field in fields) + "\n")
    sys.stdout.flush()


def settings(options, **more):
    return {"bootstrap.servers": options.bootstrap, "reconnect.backoff.max.ms": 200, **more}


def create_topic(options):
    admin = AdminClient(settings(options))
    topic = NewTopic(options.topic, num_partitions=options.partitions, replication_factor=1)
    for future in admin.create_topics([topic]).values():
        future.result(SECONDS)


def partitions_of(client, topic):
    return client.list_topics(topic, timeout=SECONDS).topics[topic].partitions


def describe(options):
    partitions = partitions_of(AdminClient(settings(options)), options.topic)
    for index, partition in sorted(partitions.items()):
        show("partition", index, partition.leader)


def reader(options):
    return Consumer(settings(options, **{"group.id": f"reader-{os.getpid()}", "enable.auto.commit": False}))


def bounds(consumer, topic, timestamp):
    """Start and end offset of every partition; the start is by time when a timestamp is given."""
    found = {}
    for index in partitions_of(consumer, topic):
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, index), timeout=SECONDS)
        found[index] = (low, high)
        if timestamp is not None:
            at = consumer.offsets_for_times([TopicPartition(topic, index, timestamp)], timeout=SECONDS)[0].offset
            found[index] = (high if at < 0 else at, high)
    return found


def offsets_for_time(options):
    consumer = reader(options)
    for index, (start, _) in sorted(bounds(consumer, options.topic, options.timestamp).items()):
        show("offset", index, start)
    consumer.close()


def produce(options):
    failures = []
    acked = 0

    def delivered(error, _message):
        nonlocal acked
        if error is not None:
            failures.append(error)
            return
        acked += 1
        show("sent", acked)

    more = {"enable.idempotence": options.idempotent, "compression.type": options.compression or "none"}
    producer = Producer(settings(options, **more))
    for line in sys.stdin:
        key, value, *headers = line.rstrip("\n").split("\t")
        pairs = [tuple(header.split("=", 1)) for header in headers]
        producer.produce(options.topic, key=key, value=value, headers=pairs, on_delivery=delivered)
        producer.poll(0)
    left = producer.flush(60)
    if failures or left:
        raise RuntimeError(f"{len(failures)} failed, {left} not answered, first: {failures[:1]}")


def show_record(message):
    headers = [f"{name}={value.decode()}" for name, value in message.headers() or []]
    fields = (message.partition(), message.offset(), message.timestamp()[1])
    show("record", *fields, message.key().decode(), message.value().decode(), *headers)


def consume(options):
    consumer = reader(options)
    spans = bounds(consumer, options.topic, options.from_time)
    left = {index: end for index, (start, end) in spans.items() if start < end}
    consumer.assign([TopicPartition(options.topic, index, spans[index][0]) for index in left])
    while left:
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        show_record(message)
        if message.offset() + 1 >= left[message.partition()]:
            del left[message.partition()]
    consumer.close()


def group(options):
    more = {"group.id": options.group, "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    consumer = Consumer(settings(options, **more, **{"session.timeout.ms": 10000, "heartbeat.interval.ms": 300}))
    assigned = lambda _consumer, partitions: show("assigned", *(partition.partition for partition in partitions))
    consumer.subscribe([options.topic], on_assign=assigned)
    seen = 0
    while seen < options.stop_after and not told_to_leave():
        for message in consumer.consume(min(100, options.stop_after - seen), timeout=0.1):
            if message.error():
                raise KafkaException(message.error())
            seen += 1
            show_record(message)
            consumer.commit(message, asynchronous=False)
    consumer.close()


def told_to_leave():
    return bool(select.select([sys.stdin], [], [], 0)[0]) and sys.stdin.readline().strip() == "leave"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    for name in ("bootstrap", "topic", "group", "compression"):
        parser.add_argument(f"--{name}")
    for name in ("partitions", "timestamp", "from-time"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--stop-after", type=int, default=sys.maxsize)
    parser.add_argument("--idempotent", action="store_true")
    options = parser.parse_args()
    commands = {
        "version": lambda _options: show("version", f"{version()} (librdkafka {libversion()[0]})"),
        "create-topic": create_topic,
        "describe": describe,
        "offsets-for-time": offsets_for_time,
        "produce": produce,
        "consume": consume,
        "group": group,
    }
    try:
        commands[options.command](options)
    except KafkaException as error:
        show("error", error.args[0].name(), error.args[0].str())
        sys.exit(1)
    except Exception as error:  # The runner shows it with the case that failed.
        show("error", type(error).__name__, error)
        sys.exit(1)


main()
