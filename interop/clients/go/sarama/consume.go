package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"trilog.example/interop/line"
)

func consume() error {
	config := settings()
	if most := line.Number("fetch-max", 0); most > 0 {
		config.Consumer.Fetch.Default = int32(most)
	}
	client, err := sarama.NewClient(brokers(), config)
	if err != nil {
		return err
	}
	spans, err := spansOf(client, line.Number("from-time", sarama.OffsetOldest))
	if err != nil {
		return err
	}
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		return err
	}
	for partition, span := range spans {
		if err := readPartition(consumer, partition, span); err != nil {
			return err
		}
	}
	return errors.Join(consumer.Close(), client.Close())
}

// A partition's consumer has no seek: it is closed and another begins at the offset.
func readPartition(consumer sarama.Consumer, partition int32, span line.Span) error {
	for _, start := range []int64{span.Start, line.Number("again-from", span.End)} {
		if start >= span.End {
			continue
		}
		reader, err := consumer.ConsumePartition(topic(), partition, start)
		if err != nil {
			return err
		}
		for offset := start; offset < span.End; {
			message := <-reader.Messages()
			show(message)
			offset = message.Offset + 1
		}
		if err := reader.Close(); err != nil {
			return err
		}
	}
	return nil
}

// A member holds a partition for as long as its claim is consumed, whatever the protocol.
type member struct {
	held      line.Held
	mutex     sync.Mutex
	seen      int
	stopAfter int
	leave     func()
}

func (*member) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*member) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (own *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	own.held.Add(claim.Partition())
	defer own.held.Remove(claim.Partition())
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			own.take(session, message, len(claim.Messages()) == 0)
		case <-session.Context().Done():
			return nil
		}
	}
}

// A commit waits behind a fetch on the one connection that sarama has to a broker: one is enough for all that was fetched.
func (own *member) take(session sarama.ConsumerGroupSession, message *sarama.ConsumerMessage, last bool) {
	own.mutex.Lock()
	defer own.mutex.Unlock()
	if own.seen >= own.stopAfter {
		return
	}
	own.seen++
	show(message)
	session.MarkMessage(message, "")
	if own.seen == own.stopAfter {
		own.leave()
	}
	if last || own.seen == own.stopAfter {
		session.Commit()
	}
}

func group() error {
	config := settings()
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.MaxWaitTime = 300 * time.Millisecond
	config.Consumer.Group.Session.Timeout = 20 * time.Second
	config.Consumer.Group.Heartbeat.Interval = 300 * time.Millisecond
	config.Consumer.Group.InstanceId = line.Options["instance"]
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategyRange()}
	if line.Options["assignor"] == "cooperative" {
		config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategyCooperativeSticky()}
	}
	consumers, err := sarama.NewConsumerGroup(brokers(), line.Options["group"], config)
	if err != nil {
		return err
	}
	working, leave := context.WithCancel(context.Background())
	line.ToldToLeave(leave)
	own := &member{stopAfter: int(line.Number("stop-after", 1<<40)), leave: leave}
	for working.Err() == nil {
		if err := consumers.Consume(working, []string{topic()}, own); err != nil {
			return err
		}
	}
	return consumers.Close()
}
