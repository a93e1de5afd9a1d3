package main

import (
	"context"
	"errors"
	"time"

	"github.com/segmentio/kafka-go"
	"trilog.example/interop/line"
)

var codecs = map[string]kafka.Compression{"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd}

// A writer waits for its batch, so records go to it in lists; a list ends where a large record comes.
func produce() error {
	acks := map[string]kafka.RequiredAcks{"": kafka.RequireAll, "all": kafka.RequireAll, "1": kafka.RequireOne, "0": kafka.RequireNone}
	writer := &kafka.Writer{
		Addr: kafka.TCP(line.Options["bootstrap"]), Topic: topic(), Balancer: &kafka.Hash{}, BatchTimeout: time.Millisecond,
		RequiredAcks: acks[line.Options["acks"]], Compression: codecs[line.Options["compression"]], AllowAutoTopicCreation: true,
	}
	var waiting []kafka.Message
	sent := 0
	flush := func() error {
		err := writer.WriteMessages(background, waiting...)
		// The first write asks for the topic and is told that it is not there; trying again is left to the caller.
		for range 40 {
			if !errors.Is(err, kafka.UnknownTopicOrPartition) && !errors.Is(err, kafka.LeaderNotAvailable) {
				break
			}
			time.Sleep(250 * time.Millisecond)
			err = writer.WriteMessages(background, waiting...)
		}
		var each kafka.WriteErrors
		if errors.As(err, &each) {
			err = errors.Join(each...)
		}
		sent += len(waiting)
		waiting = nil
		if err == nil {
			line.Print("sent", sent)
		}
		return err
	}
	err := line.Input(func(each line.Record) error {
		message := kafka.Message{Key: each.Key, Value: each.Value, Time: each.Timestamp}
		for _, header := range each.Headers {
			message.Headers = append(message.Headers, kafka.Header{Key: header.Name, Value: header.Value})
		}
		waiting = append(waiting, message)
		if len(waiting) < 100 && len(each.Value) < 10_000 {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return errors.Join(err, writer.Close())
}

func show(read kafka.Message) {
	record := line.Record{Timestamp: read.Time, Key: read.Key, Value: read.Value}
	for _, header := range read.Headers {
		record.Headers = append(record.Headers, line.Header{Name: header.Key, Value: header.Value})
	}
	line.PrintRecord(int32(read.Partition), read.Offset, record)
}

// A reader reads one partition.
func reader(partition int32) *kafka.Reader {
	most := int(line.Number("fetch-max", 10_000_000))
	return kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{line.Options["bootstrap"]}, Topic: topic(), Partition: int(partition),
		MinBytes: 1, MaxBytes: most, MaxWait: 300 * time.Millisecond,
	})
}

func consume() error {
	spans, err := spansOf(line.Number("from-time", -1))
	if err != nil {
		return err
	}
	for partition, span := range spans {
		own := reader(partition)
		for _, start := range []int64{span.Start, line.Number("again-from", span.End)} {
			if start >= span.End {
				continue
			}
			if err := own.SetOffset(start); err != nil {
				return err
			}
			for offset := start; offset < span.End; offset++ {
				message, err := own.ReadMessage(background)
				if err != nil {
					return err
				}
				show(message)
				offset = message.Offset
			}
		}
		if err := own.Close(); err != nil {
			return err
		}
	}
	return nil
}

// The group without its reader, which does not tell what is assigned.
func group() error {
	own, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: line.Options["group"], Brokers: []string{line.Options["bootstrap"]}, Topics: []string{topic()},
		GroupBalancers: []kafka.GroupBalancer{kafka.RangeGroupBalancer{}}, StartOffset: kafka.FirstOffset,
		SessionTimeout: 20 * time.Second, HeartbeatInterval: 300 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	working, leave := context.WithCancel(background)
	line.ToldToLeave(leave)
	held := &member{left: line.Number("stop-after", 1<<40), leave: leave}
	for {
		generation, err := own.Next(working)
		if errors.Is(err, context.Canceled) {
			return own.Close()
		}
		if err != nil {
			continue
		}
		held.work(generation)
	}
}
