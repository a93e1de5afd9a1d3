import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A steady load on one partition, open loop, through Apache Kafka's own client. Options: --bootstrap, --topic, --partition,
 * --acks, --rate (records a second), --size (bytes), --set NAME=VALUE,… (of the producer).
 *
 * Reads lines: `fault` (something breaks now), `stop` (no more; what is under way is waited for), `verify` (reads the
 * partition back). Writes `steady` once acknowledgements keep up, `acked` with the first acknowledgement of a record sent
 * after the fault, `stopped`, and what it has seen as `result NAME=NUMBER …`, `lostAt` being the offsets at which records were
 * acknowledged that are not there.
 */
public class Load {
  private final Map<String, String> options = new HashMap<>();
  private final BitSet acked = new BitSet();
  private final Map<Integer, Long> offsets = new HashMap<>();
  private final List<Long> ackTimes = new ArrayList<>();
  private volatile boolean stopped;
  private volatile long faultAt;
  private volatile boolean isAcked;
  private volatile int sent;
  private int errors;
  private String firstError = "-";

  public static void main(String[] args) throws Exception {
    new Load(args).run();
    System.exit(0);
  }

  private Load(String[] args) {
    for (int at = 0; at + 1 < args.length; at += 2) options.put(args[at].substring(2), args[at + 1]);
  }

  private void run() throws Exception {
    KafkaProducer<byte[], byte[]> producer = producer();
    Thread sender = new Thread(() -> send(producer));
    sender.start();
    new Thread(this::tellSteady).start();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      switch (line) {
        case "fault" -> faultAt = System.nanoTime();
        case "stop" -> {
          stopped = true;
          sender.join();
          producer.close(Duration.ofSeconds(60));
          say("stopped");
        }
        case "verify" -> verify();
        default -> throw new IllegalArgumentException(line);
      }
    }
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private Properties properties() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", options.get("bootstrap"));
    return properties;
  }

  private KafkaProducer<byte[], byte[]> producer() {
    Properties properties = properties();
    properties.put("acks", options.get("acks"));
    for (String setting : options.getOrDefault("set", "").split(",")) {
      if (setting.contains("=")) properties.put(setting.split("=", 2)[0], setting.split("=", 2)[1]);
    }
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private TopicPartition partition() {
    return new TopicPartition(options.get("topic"), Integer.parseInt(options.get("partition")));
  }

  private void send(KafkaProducer<byte[], byte[]> producer) {
    TopicPartition to = partition();
    int rate = Integer.parseInt(options.get("rate"));
    int size = Integer.parseInt(options.get("size"));
    long begin = System.nanoTime();
    while (!stopped) {
      long due = begin + (long) (sent * 1e9 / rate);
      long now = System.nanoTime();
      if (now < due) {
        LockSupport.parkNanos(Math.min(due - now, 1_000_000));
        continue;
      }
      int number = sent++;
      byte[] value = ByteBuffer.allocate(size).putInt(number).array();
      producer.send(new ProducerRecord<>(to.topic(), to.partition(), null, value), (metadata, error) -> onAnswer(number, now, metadata == null ? -1 : metadata.offset(), error));
    }
  }

  private void onAnswer(int number, long sentAt, long offset, Exception error) {
    long now = System.nanoTime();
    synchronized (acked) {
      if (error != null) {
        if (errors++ == 0) firstError = error.getClass().getSimpleName();
        return;
      }
      acked.set(number);
      offsets.put(number, offset);
      ackTimes.add(now);
    }
    if (faultAt == 0 || sentAt < faultAt || isAcked) return;
    isAcked = true;
    say("acked");
  }

  private void tellSteady() {
    int rate = Integer.parseInt(options.get("rate"));
    for (int calm = 0; calm < 20; LockSupport.parkNanos(50_000_000)) {
      synchronized (acked) {
        int behind = sent - acked.cardinality() - errors;
        calm = !acked.isEmpty() && behind < rate / 10 ? calm + 1 : 0;
      }
    }
    say("steady");
  }

  /** The longest time between two acknowledgements, from a second before the fault on. */
  private long gapMs() {
    long longest = 0;
    long before = 0;
    synchronized (acked) {
      for (long at : ackTimes) {
        if (before != 0 && at > faultAt - 1_000_000_000L) longest = Math.max(longest, at - before);
        before = at;
      }
    }
    return longest / 1_000_000;
  }

  private void verify() {
    Properties properties = properties();
    properties.put("enable.auto.commit", "false");
    properties.put("auto.offset.reset", "earliest");
    BitSet seen = new BitSet();
    int duplicates = 0;
    int reordered = 0;
    int last = -1;
    TopicPartition from = partition();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(from));
      consumer.seekToBeginning(List.of(from));
      long end = consumer.endOffsets(List.of(from)).get(from);
      long until = System.nanoTime() + 60_000_000_000L;
      while (consumer.position(from) < end && System.nanoTime() < until) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
          int number = ByteBuffer.wrap(record.value()).getInt();
          if (seen.get(number)) duplicates++;
          else if (number < last) reordered++;
          seen.set(number);
          last = Math.max(last, number);
        }
      }
    }
    BitSet lost = (BitSet) acked.clone();
    lost.andNot(seen);
    say("result sent=" + sent + " acked=" + acked.cardinality() + " errors=" + errors + " lost=" + lost.cardinality()
        + " duplicates=" + duplicates + " reordered=" + reordered + " gap=" + gapMs() + " error=" + firstError
        + " lostAt=" + lost.stream().mapToObj(number -> String.valueOf(offsets.get(number))).collect(Collectors.joining(",")));
  }
}
