// The kafka-go side of the interop matrix. Commands and lines: interop/client-program.ts.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"trilog.example/interop/line"
)

var background = context.Background()

func main() {
	line.Run(map[string]func() error{
		"version":          func() error { line.Version("github.com/segmentio/kafka-go"); return nil },
		"create-topic":     createTopic,
		"describe":         describe,
		"list-topics":      listTopics,
		"add-partitions":   addPartitions,
		"delete-topic":     deleteTopic,
		"describe-config":  describeConfig,
		"alter-config":     alterConfig,
		"offsets-for-time": offsetsForTime,
		"produce":          produce,
		"consume":          consume,
		"group":            group,
	}, nameOf)
}

func nameOf(err error) string {
	var code kafka.Error
	if errors.As(err, &code) {
		return code.Title()
	}
	return fmt.Sprintf("%T", err)
}

func topic() string { return line.Options["topic"] }

func client() *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(line.Options["bootstrap"]), Timeout: 20 * time.Second}
}

func createTopic() error {
	config := kafka.TopicConfig{Topic: topic(), NumPartitions: int(line.Number("partitions", 1)), ReplicationFactor: 1}
	if name, value := line.Config(); name != "" {
		config.ConfigEntries = []kafka.ConfigEntry{{ConfigName: name, ConfigValue: value}}
	}
	answer, err := client().CreateTopics(background, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{config}})
	if err != nil {
		return err
	}
	return answer.Errors[topic()]
}

func partitions() ([]kafka.Partition, error) {
	answer, err := client().Metadata(background, &kafka.MetadataRequest{Topics: []string{topic()}})
	if err != nil {
		return nil, err
	}
	return answer.Topics[0].Partitions, answer.Topics[0].Error
}

func describe() error {
	found, err := partitions()
	for _, partition := range found {
		line.Print("partition", partition.ID, partition.Leader.ID)
	}
	return err
}

func listTopics() error {
	answer, err := client().Metadata(background, &kafka.MetadataRequest{})
	if err != nil {
		return err
	}
	for _, each := range answer.Topics {
		line.Print("topic", each.Name)
	}
	return nil
}

func addPartitions() error {
	wanted := kafka.TopicPartitionsConfig{Name: topic(), Count: int32(line.Number("partitions", 1))}
	request := &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{wanted}}
	answer, err := client().CreatePartitions(background, request)
	if err != nil {
		return err
	}
	return answer.Errors[topic()]
}

func deleteTopic() error {
	answer, err := client().DeleteTopics(background, &kafka.DeleteTopicsRequest{Topics: []string{topic()}})
	if err != nil {
		return err
	}
	return answer.Errors[topic()]
}

func describeConfig() error {
	resource := kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic()}
	request := &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{resource}}
	answer, err := client().DescribeConfigs(background, request)
	if err != nil {
		return err
	}
	for _, entry := range answer.Resources[0].ConfigEntries {
		line.Print("config", entry.ConfigName, entry.ConfigValue)
	}
	return answer.Resources[0].Error
}

func alterConfig() error {
	name, value := line.Config()
	resource := kafka.IncrementalAlterConfigsRequestResource{
		ResourceType: kafka.ResourceTypeTopic,
		ResourceName: topic(),
		Configs:      []kafka.IncrementalAlterConfigsRequestConfig{{Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet}},
	}
	request := &kafka.IncrementalAlterConfigsRequest{Resources: []kafka.IncrementalAlterConfigsRequestResource{resource}}
	answer, err := client().IncrementalAlterConfigs(background, request)
	if err != nil {
		return err
	}
	return answer.Resources[0].Error
}

// The first and end offset of every partition; the first by time when one is given.
func spansOf(milliseconds int64) (map[int32]line.Span, error) {
	found, err := partitions()
	if err != nil {
		return nil, err
	}
	spans := map[int32]line.Span{}
	for _, partition := range found {
		wanted := []kafka.OffsetRequest{kafka.FirstOffsetOf(partition.ID), kafka.LastOffsetOf(partition.ID)}
		if milliseconds >= 0 {
			wanted = append(wanted, kafka.TimeOffsetOf(partition.ID, time.UnixMilli(milliseconds)))
		}
		request := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic(): wanted}}
		answer, err := client().ListOffsets(background, request)
		if err != nil {
			return nil, err
		}
		offsets := answer.Topics[topic()][0]
		span := line.Span{Start: offsets.FirstOffset, End: offsets.LastOffset}
		if milliseconds >= 0 {
			span.Start = span.End
			for offset := range offsets.Offsets {
				if offset >= 0 {
					span.Start = offset
				}
			}
		}
		spans[int32(partition.ID)] = span
	}
	return spans, nil
}

func offsetsForTime() error {
	spans, err := spansOf(line.Number("timestamp", 0))
	for partition, span := range spans {
		line.Print("offset", partition, span.Start)
	}
	return err
}
