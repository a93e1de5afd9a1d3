"""The kafka-python side of the interop matrix. Commands and lines: interop/client-program.ts."""

import os
import sys
from functools import cache

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition, __version__
from kafka.admin import ConfigResource
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.structs import OffsetAndMetadata
from lines import Left, config, input_records, options, run, show, show_record, told_to_leave

TOPIC = options.topic
BASE = {"bootstrap_servers": options.bootstrap, "reconnect_backoff_max_ms": 200}


@cache
def admin():
    return KafkaAdminClient(**BASE)


def create_topic():
    admin().create_topics({TOPIC: {"num_partitions": options.partitions, "configs": config()}})


def describe():
    for partition in admin().describe_topics([TOPIC])[0]["partitions"]:
        show("partition", partition["partition_index"], partition["leader_id"])


def describe_config():
    found = admin().describe_configs([ConfigResource("TOPIC", TOPIC)], config_filter="all")
    for name, entry in found["topic"][TOPIC].items():
        show("config", name, entry["value"])


def alter_config():
    # What the broker refuses is text in the answer, not an error.
    said = admin().alter_configs([ConfigResource("TOPIC", TOPIC, config())])["topic"][TOPIC]
    if said != "OK":
        raise RuntimeError(said)


def reader(**more):
    return KafkaConsumer(**BASE, enable_auto_commit=False, auto_offset_reset="earliest", **more)


def bounds(consumer, timestamp):
    """Start and end offset of every partition; the start is by time when a timestamp is given."""
    partitions = [TopicPartition(TOPIC, index) for index in sorted(consumer.partitions_for_topic(TOPIC))]
    ends = consumer.end_offsets(partitions)
    if timestamp is None:
        starts = consumer.beginning_offsets(partitions)
    else:
        found = consumer.offsets_for_times({each: timestamp for each in partitions})
        starts = {each: ends[each] if at is None else at.offset for each, at in found.items()}
    return {each.partition: (starts[each], ends[each]) for each in partitions}


def offsets_for_time():
    for index, (start, _) in bounds(reader(), options.timestamp).items():
        show("offset", index, start)


def produce():
    acks = int(options.acks) if options.acks in ("0", "1") else "all"
    producer = KafkaProducer(
        **BASE, acks=acks, enable_idempotence=options.idempotent, compression_type=options.compression
    )
    acked = 0
    failures = []

    def delivered(_metadata):
        nonlocal acked
        acked += 1
        show("sent", acked)

    for timestamp, key, value, headers in input_records():
        future = producer.send(TOPIC, value, key, headers=headers, timestamp_ms=timestamp)
        future.add_callback(delivered)
        future.add_errback(failures.append)
    producer.flush()
    producer.close()
    if failures:
        raise failures[0]


def show_message(message):
    show_record(
        message.partition, message.offset, message.timestamp, message.key, message.value, message.headers
    )


def consume():
    consumer = reader(**({"max_partition_fetch_bytes": options.fetch_max} if options.fetch_max else {}))
    spans = bounds(consumer, options.from_time)
    seek = lambda index, offset: consumer.seek(TopicPartition(TOPIC, index), offset)
    left = Left(spans, seek)
    consumer.assign([TopicPartition(TOPIC, index) for index in left.ends])
    for index in left.ends:
        seek(index, spans[index][0])
    while left:
        for messages in consumer.poll(1000).values():
            for message in messages:
                show_message(message)
                left.took(message.partition, message.offset)
    consumer.close()


class Listener(ConsumerRebalanceListener):
    def __init__(self, consumer):
        self.consumer = consumer

    def on_partitions_revoked(self, revoked):
        show("revoked", *(each.partition for each in revoked))
        # A cooperative member that only gives up is told of no assignment.
        if options.assignor == "cooperative":
            show("assigned", *(each.partition for each in self.consumer.assignment() - set(revoked)))

    def on_partitions_assigned(self, _assigned):
        show("assigned", *(each.partition for each in self.consumer.assignment()))


def group():
    assignor = CooperativeStickyAssignor if options.assignor == "cooperative" else RangePartitionAssignor
    consumer = reader(
        group_id=options.group,
        group_instance_id=options.instance,
        partition_assignment_strategy=[assignor],
        session_timeout_ms=20000,
        heartbeat_interval_ms=300,
    )
    consumer.subscribe([TOPIC], listener=Listener(consumer))
    seen = 0
    while seen < options.stop_after and not told_to_leave():
        for partition, messages in consumer.poll(100, max_records=min(100, options.stop_after - seen)).items():
            for message in messages:
                show_message(message)
            seen += len(messages)
            consumer.commit({partition: OffsetAndMetadata(messages[-1].offset + 1, "", -1)})
    consumer.close(autocommit=False)


commands = {
    "version": lambda: show("version", __version__),
    "create-topic": create_topic,
    "describe": describe,
    "list-topics": lambda: [show("topic", name) for name in admin().list_topics()],
    "add-partitions": lambda: admin().create_partitions({TOPIC: options.partitions}),
    "delete-topic": lambda: admin().delete_topics([TOPIC]),
    "describe-config": describe_config,
    "alter-config": alter_config,
    "offsets-for-time": offsets_for_time,
    "delete-records": lambda: admin().delete_records({TopicPartition(TOPIC, 0): options.offset}),
    "produce": produce,
    "consume": consume,
    "group": group,
}

run(commands)
