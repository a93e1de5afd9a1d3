"""The confluent-kafka side of the interop matrix. Commands and lines: interop/client-program.ts."""

import os
import sys
from functools import cache

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition, libversion, version
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic
from lines import Left, config, input_records, options, run, show, show_record, told_to_leave

SECONDS = 20
TOPIC = options.topic


def settings(**more):
    return {"bootstrap.servers": options.bootstrap, "reconnect.backoff.max.ms": 200, **more}


@cache
def admin():
    return AdminClient(settings())


def done(futures):
    for future in futures.values():
        return future.result(SECONDS)


def create_topic():
    topic = NewTopic(TOPIC, num_partitions=options.partitions, replication_factor=1, config=config())
    done(admin().create_topics([topic]))


def partitions_of(client):
    return client.list_topics(TOPIC, timeout=SECONDS).topics[TOPIC].partitions


def describe():
    for index, partition in sorted(partitions_of(admin()).items()):
        show("partition", index, partition.leader)


def list_topics():
    for name in admin().list_topics(timeout=SECONDS).topics:
        show("topic", name)


def describe_config():
    for name, entry in done(admin().describe_configs([ConfigResource("topic", TOPIC)])).items():
        show("config", name, entry.value)


def alter_config():
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in config().items()
    ]
    done(admin().incremental_alter_configs([ConfigResource("topic", TOPIC, incremental_configs=entries)]))


def reader():
    limit = {"max.partition.fetch.bytes": options.fetch_max} if options.fetch_max else {}
    return Consumer(settings(**{"group.id": f"reader-{os.getpid()}", "enable.auto.commit": False, **limit}))


def bounds(consumer, timestamp):
    """Start and end offset of every partition; the start is by time when a timestamp is given."""
    found = {}
    for index in partitions_of(consumer):
        low, high = consumer.get_watermark_offsets(TopicPartition(TOPIC, index), timeout=SECONDS)
        found[index] = (low, high)
        if timestamp is not None:
            at = consumer.offsets_for_times([TopicPartition(TOPIC, index, timestamp)], timeout=SECONDS)[0].offset
            found[index] = (high if at < 0 else at, high)
    return found


def offsets_for_time():
    consumer = reader()
    for index, (start, _) in sorted(bounds(consumer, options.timestamp).items()):
        show("offset", index, start)
    consumer.close()


def produce():
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
    if options.acks:
        more["acks"] = options.acks
    producer = Producer(settings(**more))
    for timestamp, key, value, headers in input_records():
        producer.produce(TOPIC, value, key, headers=headers, timestamp=timestamp or 0, on_delivery=delivered)
        producer.poll(0)
    left = producer.flush(60)
    if failures:
        raise KafkaException(failures[0])
    if left:
        raise RuntimeError(f"{left} not answered")


def show_message(message):
    if message.error():
        raise KafkaException(message.error())
    time = message.timestamp()[1]
    show_record(message.partition(), message.offset(), time, message.key(), message.value(), message.headers())


def consume():
    consumer = reader()
    spans = bounds(consumer, options.from_time)
    left = Left(spans, lambda index, offset: consumer.seek(TopicPartition(TOPIC, index, offset)))
    consumer.assign([TopicPartition(TOPIC, index, spans[index][0]) for index in left.ends])
    while left:
        message = consumer.poll(1)
        if message is not None:
            show_message(message)
            left.took(message.partition(), message.offset())
    consumer.close()


def group():
    more = {
        "group.id": options.group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "session.timeout.ms": 20000,
        "heartbeat.interval.ms": 300,
        "partition.assignment.strategy": "cooperative-sticky" if options.assignor == "cooperative" else "range",
    }
    if options.instance:
        more["group.instance.id"] = options.instance
    consumer = Consumer(settings(**more))
    held = set()

    def assigned(_consumer, partitions):
        held.update(each.partition for each in partitions)
        show("assigned", *held)

    def revoked(_consumer, partitions):
        held.difference_update(each.partition for each in partitions)
        show("revoked", *(each.partition for each in partitions))

    consumer.subscribe([TOPIC], on_assign=assigned, on_revoke=revoked)
    seen = 0
    while seen < options.stop_after and not told_to_leave():
        for message in consumer.consume(min(100, options.stop_after - seen), timeout=0.1):
            show_message(message)
            seen += 1
            consumer.commit(message, asynchronous=False)
    consumer.close()


commands = {
    "version": lambda: show("version", f"{version()} (librdkafka {libversion()[0]})"),
    "create-topic": create_topic,
    "describe": describe,
    "list-topics": list_topics,
    "add-partitions": lambda: done(admin().create_partitions([NewPartitions(TOPIC, options.partitions)])),
    "delete-topic": lambda: done(admin().delete_topics([TOPIC])),
    "describe-config": describe_config,
    "alter-config": alter_config,
    "offsets-for-time": offsets_for_time,
    "delete-records": lambda: done(admin().delete_records([TopicPartition(TOPIC, 0, options.offset)])),
    "produce": produce,
    "consume": consume,
    "group": group,
}

run(commands, lambda error: error.args[0].name() if isinstance(error, KafkaException) else type(error).__name__)
