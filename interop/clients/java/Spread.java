import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A steady load on all partitions of some topics in turn, open loop, acks=all, through Apache Kafka's own client. Options:
 * --bootstrap, --topics A,B,…, --partitions (of each), --rate (records a second, of all), --size (bytes).
 *
 * Reads lines, and answers each with one of JSON: `mark` (from now on is counted), `since` (by topic: records that were sent and
 * acknowledged since the mark, partitions that have one, and when the last of these had its first), `stop`, `verify` (reads
 * everything back). Records that begin with a negative number are somebody else's.
 */
public class Spread {
  /** What is known of one topic. */
  private static class Seen {
    final BitSet acked = new BitSet();
    long ackedSince;
    final Map<Integer, Long> firstSince = new HashMap<>();
    int errors;
    String error = "-";
    int duplicates;
    int reordered;
    final BitSet read = new BitSet();

    String since(long mark) {
      long slowest = firstSince.values().stream().mapToLong(at -> (at - mark) / 1_000_000).max().orElse(0);
      return "{\"acked\":" + ackedSince + ",\"partitions\":" + firstSince.size() + ",\"slowestMs\":" + slowest + "}";
    }

    String result() {
      BitSet lost = (BitSet) acked.clone();
      lost.andNot(read);
      return "{\"acked\":" + acked.cardinality() + ",\"lost\":" + lost.cardinality() + ",\"duplicates\":" + duplicates
          + ",\"reordered\":" + reordered + ",\"errors\":" + errors + ",\"error\":\"" + error + "\"}";
    }
  }

  private final Map<String, String> options = new HashMap<>();
  private final Map<String, Seen> topics = new HashMap<>();
  private final List<TopicPartition> places = new ArrayList<>();
  private volatile boolean stopped;
  private volatile long mark;

  public static void main(String[] args) throws Exception {
    new Spread(args).run();
    System.exit(0);
  }

  private Spread(String[] args) {
    for (int at = 0; at + 1 < args.length; at += 2) options.put(args[at].substring(2), args[at + 1]);
    for (String topic : options.get("topics").split(",")) topics.put(topic, new Seen());
    for (int partition = 0; partition < Integer.parseInt(options.get("partitions")); partition++) {
      for (String topic : topics.keySet()) places.add(new TopicPartition(topic, partition));
    }
  }

  private void run() throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", options.get("bootstrap"));
    KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    Thread sender = new Thread(() -> send(producer));
    sender.start();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      switch (line) {
        case "mark" -> say(mark());
        case "since" -> say(byTopic(seen -> seen.since(mark)));
        case "stop" -> {
          stopped = true;
          sender.join();
          producer.close(Duration.ofSeconds(60));
          say("{}");
        }
        case "verify" -> {
          verify();
          say(byTopic(Seen::result));
        }
        default -> throw new IllegalArgumentException(line);
      }
    }
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private String mark() {
    synchronized (topics) {
      mark = System.nanoTime();
      for (Seen seen : topics.values()) {
        seen.ackedSince = 0;
        seen.firstSince.clear();
      }
    }
    return "{}";
  }

  private String byTopic(Function<Seen, String> told) {
    synchronized (topics) {
      return topics.entrySet().stream().map(each -> "\"" + each.getKey() + "\":" + told.apply(each.getValue()))
          .collect(Collectors.joining(",", "{", "}"));
    }
  }

  private void send(KafkaProducer<byte[], byte[]> producer) {
    int rate = Integer.parseInt(options.get("rate"));
    int size = Integer.parseInt(options.get("size"));
    long begin = System.nanoTime();
    for (int sent = 0; !stopped; ) {
      long due = begin + (long) (sent * 1e9 / rate);
      long now = System.nanoTime();
      if (now < due) {
        LockSupport.parkNanos(Math.min(due - now, 1_000_000));
        continue;
      }
      int number = sent++;
      TopicPartition to = places.get(number % places.size());
      byte[] value = ByteBuffer.allocate(size).putInt(number).array();
      producer.send(new ProducerRecord<>(to.topic(), to.partition(), null, value), (metadata, error) -> onAnswer(to, number, now, error));
    }
  }

  private void onAnswer(TopicPartition to, int number, long sentAt, Exception error) {
    synchronized (topics) {
      Seen seen = topics.get(to.topic());
      if (error != null) {
        if (seen.errors++ == 0) seen.error = error.getClass().getSimpleName();
        return;
      }
      seen.acked.set(number);
      if (mark == 0 || sentAt < mark) return;
      seen.ackedSince++;
      seen.firstSince.putIfAbsent(to.partition(), System.nanoTime());
    }
  }

  private void verify() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", options.get("bootstrap"));
    properties.put("enable.auto.commit", "false");
    Map<TopicPartition, Integer> last = new HashMap<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(places);
      consumer.seekToBeginning(places);
      Map<TopicPartition, Long> ends = consumer.endOffsets(places);
      Set<TopicPartition> open = new HashSet<>(places);
      long until = System.nanoTime() + 90_000_000_000L;
      while (System.nanoTime() < until && !open.isEmpty()) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
          int number = ByteBuffer.wrap(record.value()).getInt();
          if (number >= 0) take(new TopicPartition(record.topic(), record.partition()), number, last);
        }
        open.removeIf(place -> consumer.position(place) >= ends.get(place));
      }
      if (!open.isEmpty()) throw new IllegalStateException("not read to the end: " + open);
    }
  }

  private void take(TopicPartition from, int number, Map<TopicPartition, Integer> last) {
    Seen seen = topics.get(from.topic());
    if (seen.read.get(number)) seen.duplicates++;
    else if (number < last.getOrDefault(from, -1)) seen.reordered++;
    seen.read.set(number);
    last.merge(from, number, Math::max);
  }
}
