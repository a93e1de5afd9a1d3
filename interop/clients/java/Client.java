import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.AppInfoParser;

/** The Java client's side of the interop matrix. Commands and lines: interop/client-program.ts. */
public class Client {
  static final Map<String, String> options = new HashMap<>();
  static final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  public static void main(String[] args) {
    for (int i = 1; i < args.length; i++) {
      boolean valued = i + 1 < args.length && !args[i + 1].startsWith("--");
      options.put(args[i].substring(2), valued ? args[++i] : "true");
    }
    try {
      switch (args[0]) {
        case "version" -> print("version", AppInfoParser.getVersion());
        case "create-topic" -> createTopic();
        case "describe" -> describe();
        case "offsets-for-time" -> offsetsForTime();
        case "produce" -> produce();
        case "consume" -> consume();
        case "group" -> group();
        default -> throw new IllegalArgumentException("unknown command " + args[0]);
      }
      System.exit(0);
    } catch (Exception e) {
      Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
      print("error", cause.getClass().getSimpleName(), String.valueOf(cause.getMessage()));
      System.exit(1);
    }
  }

  static synchronized void print(Object... fields) {
    List<String> texts = new ArrayList<>();
    for (Object field : fields) texts.add(String.valueOf(field));
    out.print(String.join("\t", texts) + "\n");
    out.flush();
  }

  static Properties base() {
    Properties p = new Properties();
    p.put("bootstrap.servers", options.get("bootstrap"));
    p.put("reconnect.backoff.max.ms", "200");
    return p;
  }

  static void createTopic() throws Exception {
    try (Admin admin = Admin.create(base())) {
      NewTopic topic = new NewTopic(options.get("topic"), Integer.parseInt(options.get("partitions")), (short) 1);
      admin.createTopics(List.of(topic)).all().get();
    }
  }

  static void describe() throws Exception {
    String topic = options.get("topic");
    try (Admin admin = Admin.create(base())) {
      var description = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
      for (var p : description.partitions()) print("partition", p.partition(), p.leader().id());
    }
  }

  static void offsetsForTime() {
    try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
      seekable(consumer, Long.parseLong(options.get("timestamp"))).forEach((tp, offset) -> print("offset", tp.partition(), offset));
    }
  }

  static void produce() throws Exception {
    Properties p = base();
    p.put("enable.idempotence", options.getOrDefault("idempotent", "false"));
    p.put("compression.type", options.getOrDefault("compression", "none"));
    AtomicInteger acked = new AtomicInteger();
    AtomicReference<Exception> failure = new AtomicReference<>();
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (var producer = new KafkaProducer<>(p, new StringSerializer(), new StringSerializer())) {
      for (String line; (line = input.readLine()) != null; ) {
        String[] fields = line.split("\t");
        var record = new ProducerRecord<>(options.get("topic"), fields[0], fields[1]);
        for (int i = 2; i < fields.length; i++) {
          String[] pair = fields[i].split("=", 2);
          record.headers().add(pair[0], pair[1].getBytes(StandardCharsets.UTF_8));
        }
        producer.send(record, (metadata, error) -> {
          if (error == null) print("sent", acked.incrementAndGet());
          else failure.compareAndSet(null, error);
        });
      }
    }
    if (failure.get() != null) throw failure.get();
  }

  static KafkaConsumer<String, String> consumer(Map<String, String> settings) {
    Properties p = base();
    p.put("enable.auto.commit", "false");
    p.put("auto.offset.reset", "earliest");
    p.putAll(settings);
    return new KafkaConsumer<>(p, new StringDeserializer(), new StringDeserializer());
  }

  /** The offset to start from in every partition: by time, or the first; the end where the time is past all records. */
  static Map<TopicPartition, Long> seekable(KafkaConsumer<String, String> consumer, Long timestamp) {
    List<TopicPartition> all = consumer.partitionsFor(options.get("topic")).stream()
        .map(p -> new TopicPartition(p.topic(), p.partition())).toList();
    if (timestamp == null) return consumer.beginningOffsets(all);
    Map<TopicPartition, Long> times = new HashMap<>(), starts = new HashMap<>(consumer.endOffsets(all));
    for (TopicPartition tp : all) times.put(tp, timestamp);
    consumer.offsetsForTimes(times).forEach((tp, found) -> { if (found != null) starts.put(tp, found.offset()); });
    return starts;
  }

  static void printRecord(ConsumerRecord<String, String> r) {
    List<Object> fields = new ArrayList<>(List.of("record", r.partition(), r.offset(), r.timestamp(), r.key(), r.value()));
    for (Header h : r.headers()) fields.add(h.key() + "=" + new String(h.value(), StandardCharsets.UTF_8));
    print(fields.toArray());
  }

  static void consume() {
    String from = options.get("from-time");
    try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
      Map<TopicPartition, Long> starts = seekable(consumer, from == null ? null : Long.valueOf(from));
      Map<TopicPartition, Long> ends = consumer.endOffsets(starts.keySet());
      consumer.assign(starts.keySet());
      starts.forEach(consumer::seek);
      while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue()))
        for (var r : consumer.poll(Duration.ofMillis(200))) printRecord(r);
    }
  }

  static void group() throws Exception {
    int stopAfter = Integer.parseInt(options.getOrDefault("stop-after", "" + Integer.MAX_VALUE));
    var input = new BufferedReader(new InputStreamReader(System.in));
    var settings = Map.of("group.id", options.get("group"), "session.timeout.ms", "10000", "heartbeat.interval.ms", "300");
    int seen = 0;
    try (KafkaConsumer<String, String> consumer = consumer(settings)) {
      consumer.subscribe(List.of(options.get("topic")), new ConsumerRebalanceListener() {
        public void onPartitionsRevoked(Collection<TopicPartition> gone) {}
        public void onPartitionsAssigned(Collection<TopicPartition> added) {
          List<Object> fields = new ArrayList<>(List.of("assigned"));
          for (TopicPartition tp : consumer.assignment()) fields.add(tp.partition());
          print(fields.toArray());
        }
      });
      while (seen < stopAfter && !(input.ready() && "leave".equals(input.readLine()))) {
        Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();
        for (var r : consumer.poll(Duration.ofMillis(100))) {
          if (seen++ >= stopAfter) break;
          printRecord(r);
          done.put(new TopicPartition(r.topic(), r.partition()), new OffsetAndMetadata(r.offset() + 1));
        }
        if (!done.isEmpty()) consumer.commitSync(done);
      }
    }
  }
}
