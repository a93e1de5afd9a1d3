// The sarama side of the interop matrix. Commands and lines: interop/client-program.ts.
package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"trilog.example/interop/line"
)

func main() {
	line.Run(map[string]func() error{
		"version":          func() error { line.Version("github.com/IBM/sarama"); return nil },
		"create-topic":     withAdmin(createTopic),
		"describe":         withAdmin(describe),
		"list-topics":      withAdmin(listTopics),
		"add-partitions":   withAdmin(addPartitions),
		"delete-topic":     withAdmin(func(admin sarama.ClusterAdmin) error { return admin.DeleteTopic(topic()) }),
		"describe-config":  withAdmin(describeConfig),
		"alter-config":     withAdmin(alterConfig),
		"delete-records":   withAdmin(deleteRecords),
		"offsets-for-time": offsetsForTime,
		"produce":          produce,
		"consume":          consume,
		"group":            group,
	}, nameOf)
}

// The broker's own text is the first sentence of sarama's name for its code.
func nameOf(err error) string {
	var code sarama.KError
	if errors.As(err, &code) {
		return code.Error()
	}
	return fmt.Sprintf("%T", err)
}

func topic() string { return line.Options["topic"] }

func brokers() []string { return []string{line.Options["bootstrap"]} }

func settings() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Metadata.Retry.Max = 400
	config.Metadata.Retry.Backoff = 100 * time.Millisecond
	return config
}

func withAdmin(work func(sarama.ClusterAdmin) error) func() error {
	return func() error {
		admin, err := sarama.NewClusterAdmin(brokers(), settings())
		if err != nil {
			return err
		}
		return errors.Join(work(admin), admin.Close())
	}
}

func createTopic(admin sarama.ClusterAdmin) error {
	detail := &sarama.TopicDetail{NumPartitions: int32(line.Number("partitions", 1)), ReplicationFactor: 1}
	if name, value := line.Config(); name != "" {
		detail.ConfigEntries = map[string]*string{name: &value}
	}
	return admin.CreateTopic(topic(), detail, false)
}

func describe(admin sarama.ClusterAdmin) error {
	topics, err := admin.DescribeTopics([]string{topic()})
	if err != nil {
		return err
	}
	for _, partition := range topics[0].Partitions {
		line.Print("partition", partition.ID, partition.Leader)
	}
	if topics[0].Err != sarama.ErrNoError {
		return topics[0].Err
	}
	return nil
}

func listTopics(admin sarama.ClusterAdmin) error {
	topics, err := admin.ListTopics()
	for name := range topics {
		line.Print("topic", name)
	}
	return err
}

func addPartitions(admin sarama.ClusterAdmin) error {
	return admin.CreatePartitions(topic(), int32(line.Number("partitions", 1)), nil, false)
}

func describeConfig(admin sarama.ClusterAdmin) error {
	entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic()})
	for _, entry := range entries {
		line.Print("config", entry.Name, entry.Value)
	}
	return err
}

func alterConfig(admin sarama.ClusterAdmin) error {
	name, value := line.Config()
	change := sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}
	changes := map[string]sarama.IncrementalAlterConfigsEntry{name: change}
	return admin.IncrementalAlterConfig(sarama.TopicResource, topic(), changes, false)
}

func deleteRecords(admin sarama.ClusterAdmin) error {
	return admin.DeleteRecords(topic(), map[int32]int64{0: line.Number("offset", 0)})
}

// The first and end offset of every partition; the first by time when one is given.
func spansOf(client sarama.Client, milliseconds int64) (map[int32]line.Span, error) {
	partitions, err := client.Partitions(topic())
	if err != nil {
		return nil, err
	}
	spans := map[int32]line.Span{}
	for _, partition := range partitions {
		end, err := client.GetOffset(topic(), partition, sarama.OffsetNewest)
		start, startErr := client.GetOffset(topic(), partition, milliseconds)
		if err = errors.Join(err, startErr); err != nil {
			return nil, err
		}
		if start < 0 {
			start = end
		}
		spans[partition] = line.Span{Start: start, End: end}
	}
	return spans, nil
}

func offsetsForTime() error {
	client, err := sarama.NewClient(brokers(), settings())
	if err != nil {
		return err
	}
	spans, err := spansOf(client, line.Number("timestamp", 0))
	for partition, span := range spans {
		line.Print("offset", partition, span.Start)
	}
	return errors.Join(err, client.Close())
}

func show(read *sarama.ConsumerMessage) {
	record := line.Record{Timestamp: read.Timestamp, Key: read.Key, Value: read.Value}
	for _, header := range read.Headers {
		record.Headers = append(record.Headers, line.Header{Name: string(header.Key), Value: header.Value})
	}
	line.PrintRecord(read.Partition, read.Offset, record)
}
