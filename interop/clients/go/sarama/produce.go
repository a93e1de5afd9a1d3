package main

import (
	"errors"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"trilog.example/interop/line"
)

var codecs = map[string]sarama.CompressionCodec{
	"gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
}

func producerSettings() *sarama.Config {
	config := settings()
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Retry.Max = 300
	config.Producer.Compression = codecs[line.Options["compression"]]
	config.Producer.Idempotent = line.Options["idempotent"] != ""
	config.Net.MaxOpenRequests = 1
	switch line.Options["acks"] {
	case "0":
		config.Producer.RequiredAcks = sarama.NoResponse
	case "1":
		config.Producer.RequiredAcks = sarama.WaitForLocal
	}
	return config
}

func produce() error {
	producer, err := sarama.NewAsyncProducer(brokers(), producerSettings())
	if err != nil {
		return err
	}
	done := make(chan error)
	var unanswered sync.WaitGroup
	go func() {
		acked := 0
		for range producer.Successes() {
			acked++
			line.Print("sent", acked)
			unanswered.Done()
		}
		done <- nil
	}()
	go func() {
		var failure error
		for each := range producer.Errors() {
			failure = errors.Join(failure, each.Err)
			unanswered.Done()
		}
		done <- failure
	}()
	err = line.Input(func(each line.Record) error {
		message := &sarama.ProducerMessage{Topic: topic(), Key: encoder(each.Key), Value: encoder(each.Value)}
		message.Timestamp = each.Timestamp
		if each.Timestamp.IsZero() {
			message.Timestamp = time.Now()
		}
		for _, header := range each.Headers {
			message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(header.Name), Value: header.Value})
		}
		unanswered.Add(1)
		producer.Input() <- message
		return nil
	})
	// A producer that is closing sends nothing again.
	unanswered.Wait()
	producer.AsyncClose()
	return errors.Join(err, <-done, <-done)
}

// Only an encoder that is not there is null.
func encoder(content []byte) sarama.Encoder {
	if content == nil {
		return nil
	}
	return sarama.ByteEncoder(content)
}
