package main

import (
	"context"
	"sync"

	"github.com/segmentio/kafka-go"
	"trilog.example/interop/line"
)

// A member of a group over its generations.
type member struct {
	held  line.Held
	mutex sync.Mutex
	left  int64
	leave func()
}

func (own *member) work(generation *kafka.Generation) {
	var partitions []int32
	for _, assignment := range generation.Assignments[topic()] {
		partitions = append(partitions, int32(assignment.ID))
		generation.Start(func(ending context.Context) { own.read(ending, generation, assignment) })
	}
	own.held.Add(partitions...)
	generation.Start(func(ending context.Context) {
		<-ending.Done()
		own.held.Remove(partitions...)
	})
}

func (own *member) read(ending context.Context, generation *kafka.Generation, assignment kafka.PartitionAssignment) {
	reader := reader(int32(assignment.ID))
	defer reader.Close()
	if err := reader.SetOffset(assignment.Offset); err != nil {
		return
	}
	for {
		message, err := reader.ReadMessage(ending)
		if err != nil {
			return
		}
		own.take(generation, message)
	}
}

func (own *member) take(generation *kafka.Generation, message kafka.Message) {
	own.mutex.Lock()
	defer own.mutex.Unlock()
	if own.left == 0 {
		return
	}
	own.left--
	show(message)
	committed := map[string]map[int]int64{topic(): {message.Partition: message.Offset + 1}}
	if err := generation.CommitOffsets(committed); err != nil {
		line.Print("error", nameOf(err), err)
	}
	if own.left == 0 {
		own.leave()
	}
}
