"""The aiokafka side of the interop matrix. Commands and lines: interop/client-program.ts."""

import asyncio
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition, __version__
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import for_code
from lines import Left, config, input_records, options, run, show, show_record, told_to_leave

TOPIC = options.topic


def with_client(make, settings, work):
    """Starts a client, gives it to the work and stops it. Its constructor asks for the running loop."""

    async def whole():
        client = make(bootstrap_servers=options.bootstrap, **settings)
        await client.start()
        try:
            await work(client)
        finally:
            await (client.close() if make is AIOKafkaAdminClient else client.stop())

    asyncio.run(whole())


def admin(work):
    return lambda: with_client(AIOKafkaAdminClient, {}, work)


def refuse(error_code, message):
    """The admin client hands on what the broker refused as a number in its answer."""
    if error_code:
        raise for_code(error_code)(message)


async def create_topic(client):
    topic = NewTopic(TOPIC, options.partitions, 1, topic_configs=config())
    for _topic, error_code, message, *_ in (await client.create_topics([topic])).topic_errors:
        refuse(error_code, message)


async def describe(client):
    for partition in (await client.describe_topics([TOPIC]))[0]["partitions"]:
        show("partition", partition["partition"], partition["leader"])


async def list_topics(client):
    for name in await client.list_topics():
        show("topic", name)


async def add_partitions(client):
    answer = await client.create_partitions({TOPIC: NewPartitions(options.partitions)})
    for _topic, error_code, message, *_ in answer.topic_errors:
        refuse(error_code, message)


async def delete_topic(client):
    for _topic, error_code, *_ in (await client.delete_topics([TOPIC])).topic_error_codes:
        refuse(error_code, TOPIC)


async def describe_config(client):
    for answer in await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC)]):
        for error_code, message, _type, _name, entries, *_ in answer.resources:
            refuse(error_code, message)
            for name, value, *_ in entries:
                show("config", name, value)


async def alter_config(client):
    for answer in await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC, config())]):
        for error_code, message, *_ in answer.resources:
            refuse(error_code, message)


async def delete_records(client):
    await client.delete_records({TopicPartition(TOPIC, 0): RecordsToDelete(options.offset)})


def reader(work, **more):
    settings = {"enable_auto_commit": False, "auto_offset_reset": "earliest", **more}
    with_client(AIOKafkaConsumer, settings, work)


async def bounds(consumer, timestamp):
    """Start and end offset of every partition; the start is by time when a timestamp is given."""
    # Only a topic that the consumer has been given is in its metadata.
    await consumer._client.set_topics([TOPIC])
    partitions = [TopicPartition(TOPIC, index) for index in sorted(consumer.partitions_for_topic(TOPIC))]
    ends = await consumer.end_offsets(partitions)
    if timestamp is None:
        starts = await consumer.beginning_offsets(partitions)
    else:
        found = await consumer.offsets_for_times({each: timestamp for each in partitions})
        starts = {each: ends[each] if at is None else at.offset for each, at in found.items()}
    return {each.partition: (starts[each], ends[each]) for each in partitions}


async def offsets_for_time(consumer):
    for index, (start, _) in (await bounds(consumer, options.timestamp)).items():
        show("offset", index, start)


def produce():
    acks = int(options.acks) if options.acks in ("0", "1") else "all"
    more = {"enable_idempotence": True} if options.idempotent else {"acks": acks}
    with_client(AIOKafkaProducer, {"compression_type": options.compression, **more}, send_all)


async def send_all(producer):
    acked = 0
    sent = []
    records = input_records()
    while (record := await asyncio.to_thread(next, records, None)) is not None:
        timestamp, key, value, headers = record
        future = await producer.send(TOPIC, value, key, timestamp_ms=timestamp, headers=headers)

        def delivered(each):
            nonlocal acked
            if each.exception() is None:
                acked += 1
                show("sent", acked)

        future.add_done_callback(delivered)
        sent.append(future)
    await asyncio.gather(*sent)


def show_message(message):
    show_record(
        message.partition, message.offset, message.timestamp, message.key, message.value, message.headers
    )


def consume():
    reader(read_all, **({"max_partition_fetch_bytes": options.fetch_max} if options.fetch_max else {}))


async def read_all(consumer):
    spans = await bounds(consumer, options.from_time)
    seek = lambda index, offset: consumer.seek(TopicPartition(TOPIC, index), offset)
    left = Left(spans, seek)
    consumer.assign([TopicPartition(TOPIC, index) for index in left.ends])
    for index in left.ends:
        seek(index, spans[index][0])
    while left:
        for messages in (await consumer.getmany(timeout_ms=1000)).values():
            for message in messages:
                show_message(message)
                left.took(message.partition, message.offset)


class Listener(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        show("revoked", *(each.partition for each in revoked))

    def on_partitions_assigned(self, assigned):
        show("assigned", *(each.partition for each in assigned))


def group():
    reader(
        be_member,
        group_id=options.group,
        group_instance_id=options.instance,
        partition_assignment_strategy=[RangePartitionAssignor],
        session_timeout_ms=20000,
        heartbeat_interval_ms=300,
    )


async def be_member(consumer):
    consumer.subscribe([TOPIC], listener=Listener())
    seen = 0
    while seen < options.stop_after and not told_to_leave():
        found = await consumer.getmany(timeout_ms=100, max_records=min(100, options.stop_after - seen))
        for partition, messages in found.items():
            for message in messages:
                show_message(message)
            seen += len(messages)
            await consumer.commit({partition: messages[-1].offset + 1})


commands = {
    "version": lambda: show("version", __version__),
    "create-topic": admin(create_topic),
    "describe": admin(describe),
    "list-topics": admin(list_topics),
    "add-partitions": admin(add_partitions),
    "delete-topic": admin(delete_topic),
    "describe-config": admin(describe_config),
    "alter-config": admin(alter_config),
    "delete-records": admin(delete_records),
    "offsets-for-time": lambda: reader(offsets_for_time),
    "produce": produce,
    "consume": consume,
    "group": group,
}

run(commands)
