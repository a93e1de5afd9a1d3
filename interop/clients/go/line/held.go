package line

import "sync"

// Held is what a member of a group has; each change is told.
type Held struct {
	mutex      sync.Mutex
	partitions map[int32]bool
}

// Add tells of partitions that were given.
func (held *Held) Add(partitions ...int32) {
	held.mutex.Lock()
	defer held.mutex.Unlock()
	if held.partitions == nil {
		held.partitions = map[int32]bool{}
	}
	for _, partition := range partitions {
		held.partitions[partition] = true
	}
	held.tell()
}

// Remove tells of partitions that were taken.
func (held *Held) Remove(partitions ...int32) {
	held.mutex.Lock()
	defer held.mutex.Unlock()
	fields := []any{"revoked"}
	for _, partition := range partitions {
		delete(held.partitions, partition)
		fields = append(fields, partition)
	}
	Print(fields...)
	held.tell()
}

func (held *Held) tell() {
	fields := []any{"assigned"}
	for partition := range held.partitions {
		fields = append(fields, partition)
	}
	Print(fields...)
}
