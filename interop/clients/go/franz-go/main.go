// The franz-go side of the interop matrix. Commands and lines: interop/client-program.ts.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"trilog.example/interop/line"
)

var background = context.Background()

func main() {
	line.Run(map[string]func() error{
		"version":          func() error { line.Version("github.com/twmb/franz-go"); return nil },
		"create-topic":     withAdmin(createTopic),
		"describe":         withAdmin(describe),
		"list-topics":      withAdmin(listTopics),
		"add-partitions":   withAdmin(addPartitions),
		"delete-topic":     withAdmin(deleteTopic),
		"describe-config":  withAdmin(describeConfig),
		"alter-config":     withAdmin(alterConfig),
		"offsets-for-time": withAdmin(offsetsForTime),
		"delete-records":   withAdmin(deleteRecords),
		"produce":          produce,
		"consume":          withAdmin(consume),
		"group":            group,
	}, nameOf)
}

func nameOf(err error) string {
	var named *kerr.Error
	if errors.As(err, &named) {
		return named.Message
	}
	return fmt.Sprintf("%T", err)
}

func topic() string { return line.Options["topic"] }

func client(options ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(options, kgo.SeedBrokers(line.Options["bootstrap"]))...)
}

func withAdmin(work func(*kadm.Client) error) func() error {
	return func() error {
		own, err := client()
		if err != nil {
			return err
		}
		defer own.Close()
		return work(kadm.NewClient(own))
	}
}

func createTopic(admin *kadm.Client) error {
	configs := map[string]*string{}
	if name, value := line.Config(); name != "" {
		configs[name] = &value
	}
	_, err := admin.CreateTopic(background, int32(line.Number("partitions", 1)), 1, configs, topic())
	return err
}

func describe(admin *kadm.Client) error {
	topics, err := admin.ListTopics(background, topic())
	if err != nil {
		return err
	}
	for _, partition := range topics[topic()].Partitions {
		line.Print("partition", partition.Partition, partition.Leader)
	}
	return topics[topic()].Err
}

func listTopics(admin *kadm.Client) error {
	topics, err := admin.ListTopics(background)
	for name := range topics {
		line.Print("topic", name)
	}
	return err
}

func addPartitions(admin *kadm.Client) error {
	answers, err := admin.UpdatePartitions(background, int(line.Number("partitions", 1)), topic())
	return errors.Join(err, answers.Error())
}

func deleteTopic(admin *kadm.Client) error {
	_, err := admin.DeleteTopic(background, topic())
	return err
}

func describeConfig(admin *kadm.Client) error {
	answers, err := admin.DescribeTopicConfigs(background, topic())
	if err != nil {
		return err
	}
	for _, config := range answers[0].Configs {
		line.Print("config", config.Key, config.MaybeValue())
	}
	return answers[0].Err
}

func alterConfig(admin *kadm.Client) error {
	name, value := line.Config()
	answers, err := admin.AlterTopicConfigs(background, []kadm.AlterConfig{{Name: name, Value: &value}}, topic())
	if err != nil {
		return err
	}
	return answers[0].Err
}

// The first and end offset of every partition; the first by time when one is given.
func spansOf(admin *kadm.Client, milliseconds int64) (map[int32]line.Span, error) {
	starts, err := admin.ListStartOffsets(background, topic())
	if milliseconds >= 0 {
		starts, err = admin.ListOffsetsAfterMilli(background, milliseconds, topic())
	}
	ends, endErr := admin.ListEndOffsets(background, topic())
	spans := map[int32]line.Span{}
	starts.Each(func(each kadm.ListedOffset) {
		end, _ := ends.Lookup(topic(), each.Partition)
		spans[each.Partition] = line.Span{Start: each.Offset, End: end.Offset}
	})
	return spans, errors.Join(err, endErr, starts.Error(), ends.Error())
}

func offsetsForTime(admin *kadm.Client) error {
	spans, err := spansOf(admin, line.Number("timestamp", 0))
	for partition, span := range spans {
		line.Print("offset", partition, span.Start)
	}
	return err
}

func deleteRecords(admin *kadm.Client) error {
	before := kadm.Offsets{}
	before.Add(kadm.Offset{Topic: topic(), Partition: 0, At: line.Number("offset", 0)})
	answers, err := admin.DeleteRecords(background, before)
	return errors.Join(err, answers.Error())
}

func produce() error {
	codecs := map[string]kgo.CompressionCodec{
		"gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	acks := map[string]kgo.Acks{"0": kgo.NoAck(), "1": kgo.LeaderAck()}
	options := []kgo.Opt{kgo.AllowAutoTopicCreation(), kgo.ProducerBatchCompression(kgo.NoCompression())}
	if codec, given := codecs[line.Options["compression"]]; given {
		options = append(options, kgo.ProducerBatchCompression(codec))
	}
	if line.Options["idempotent"] == "" {
		options = append(options, kgo.DisableIdempotentWrite(), kgo.MaxProduceRequestsInflightPerBroker(1))
	}
	if acks, given := acks[line.Options["acks"]]; given {
		options = append(options, kgo.RequiredAcks(acks))
	}
	own, err := client(options...)
	if err != nil {
		return err
	}
	defer own.Close()
	var mutex sync.Mutex
	var failure error
	acked := 0
	err = line.Input(func(each line.Record) error {
		record := &kgo.Record{Topic: topic(), Key: each.Key, Value: each.Value, Timestamp: each.Timestamp}
		for _, header := range each.Headers {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: header.Name, Value: header.Value})
		}
		own.Produce(background, record, func(_ *kgo.Record, err error) {
			mutex.Lock()
			defer mutex.Unlock()
			if err != nil {
				failure = errors.Join(failure, err)
				return
			}
			acked++
			line.Print("sent", acked)
		})
		return nil
	})
	return errors.Join(err, own.Flush(background), failure)
}

func show(read *kgo.Record) {
	record := line.Record{Timestamp: read.Timestamp, Key: read.Key, Value: read.Value}
	for _, header := range read.Headers {
		record.Headers = append(record.Headers, line.Header{Name: header.Key, Value: header.Value})
	}
	line.PrintRecord(read.Partition, read.Offset, record)
}

func consume(admin *kadm.Client) error {
	spans, err := spansOf(admin, line.Number("from-time", -1))
	if err != nil {
		return err
	}
	starts := map[int32]kgo.Offset{}
	for partition, span := range spans {
		starts[partition] = kgo.NewOffset().At(span.Start)
	}
	options := []kgo.Opt{kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic(): starts})}
	if most := line.Number("fetch-max", 0); most > 0 {
		options = append(options, kgo.FetchMaxPartitionBytes(int32(most)))
	}
	own, err := client(options...)
	if err != nil {
		return err
	}
	defer own.Close()
	left := line.LeftOf(spans, func(offset int64) {
		offsets := map[int32]kgo.EpochOffset{}
		for partition := range spans {
			offsets[partition] = kgo.EpochOffset{Epoch: -1, Offset: offset}
		}
		own.SetOffsets(map[string]map[int32]kgo.EpochOffset{topic(): offsets})
	})
	for !left.Done() {
		fetches := own.PollFetches(background)
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, record := range fetches.Records() {
			show(record)
			left.Took(record.Partition, record.Offset)
		}
	}
	return nil
}

func group() error {
	stopAfter := int(line.Number("stop-after", 1<<40))
	held := line.Held{}
	told := func(change func(...int32)) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) { change(partitions[topic()]...) }
	}
	balancer := kgo.RangeBalancer()
	if line.Options["assignor"] == "cooperative" {
		balancer = kgo.CooperativeStickyBalancer()
	}
	options := []kgo.Opt{
		kgo.ConsumerGroup(line.Options["group"]), kgo.ConsumeTopics(topic()), kgo.Balancers(balancer),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(),
		kgo.SessionTimeout(20 * time.Second), kgo.HeartbeatInterval(300 * time.Millisecond), kgo.FetchMaxWait(300 * time.Millisecond),
		kgo.OnPartitionsAssigned(told(held.Add)), kgo.OnPartitionsRevoked(told(held.Remove)), kgo.OnPartitionsLost(told(held.Remove)),
	}
	if instance, given := line.Options["instance"]; given {
		options = append(options, kgo.InstanceID(instance))
	}
	own, err := client(options...)
	if err != nil {
		return err
	}
	defer own.Close()
	working, leave := context.WithCancel(background)
	line.ToldToLeave(leave)
	for seen := 0; seen < stopAfter && working.Err() == nil; {
		records := own.PollRecords(working, min(100, stopAfter-seen)).Records()
		for _, record := range records {
			show(record)
		}
		seen += len(records)
		if err := own.CommitRecords(background, records...); err != nil {
			return err
		}
	}
	return nil
}
