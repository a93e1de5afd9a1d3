package line

// Span is a partition's first offset and its end.
type Span struct{ Start, End int64 }

// Left is what is left to read of partitions, once or with a seek back at the end.
type Left struct {
	spans map[int32]Span
	ends  map[int32]int64
	seek  func(offset int64)
	again int64
}

// LeftOf begins with all of the spans; seek moves every partition to an offset.
func LeftOf(spans map[int32]Span, seek func(offset int64)) *Left {
	left := &Left{spans, map[int32]int64{}, seek, Number("again-from", -1)}
	for partition, span := range spans {
		if span.Start < span.End {
			left.ends[partition] = span.End
		}
	}
	return left
}

// Took notes that a record was read.
func (left *Left) Took(partition int32, offset int64) {
	if offset+1 >= left.spans[partition].End {
		delete(left.ends, partition)
	}
	if len(left.ends) > 0 || left.again < 0 {
		return
	}
	for each, span := range left.spans {
		left.ends[each] = span.End
	}
	left.seek(left.again)
	left.again = -1
}

// Done tells whether all has been read.
func (left *Left) Done() bool { return len(left.ends) == 0 }
