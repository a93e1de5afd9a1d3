import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes what the file checks need, with the Java client as it is. Arguments: BOOTSTRAP TOPIC PARTITION, then one
 * line of standard input for each thing to do; each is acknowledged when the next begins. Prints the last offset of each.
 *
 * <pre>
 * HOW CODEC RECORDS BYTES [FROM_MS]
 * HOW: plain, idempotent, commit or abort (a transaction each), open (a transaction that nobody ends)
 * </pre>
 *
 * Records have keys, headers, null values among them, and timestamps a hundredth of a second apart from FROM_MS on.
 */
public class Writer {
  static final Random random = new Random(1);
  static final Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();
  static String bootstrap;
  static String topic;
  static int partition;

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    topic = args[1];
    partition = Integer.parseInt(args[2]);
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = input.readLine()) != null; ) {
      String[] words = line.split(" ");
      long from = words.length > 4 ? Long.parseLong(words[4]) : System.currentTimeMillis();
      System.out.println(line + " -> " + write(words[0], words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3]), from));
    }
    // A producer that is closed aborts what it has open.
    System.out.flush();
    if (producers.keySet().stream().anyMatch(name -> name.startsWith("open"))) Runtime.getRuntime().halt(0);
    producers.values().forEach(KafkaProducer::close);
  }

  static long write(String how, String codec, int records, int bytes, long from) throws Exception {
    boolean transactional = how.equals("commit") || how.equals("abort") || how.equals("open");
    var producer = producers.computeIfAbsent((how.equals("open") ? "open " : transactional ? "ends " : how) + " " + codec, name -> {
      Properties p = new Properties();
      p.put("bootstrap.servers", bootstrap);
      p.put("compression.type", codec);
      p.put("batch.size", "2000");
      p.put("enable.idempotence", String.valueOf(!how.equals("plain")));
      if (transactional) p.put("transactional.id", topic + "-" + partition + " " + name);
      var made = new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer());
      if (transactional) made.initTransactions();
      return made;
    });
    if (transactional) producer.beginTransaction();
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (int i = 0; i < records; i++) sent.add(producer.send(recordOf(i, bytes, from + 10L * i)));
    producer.flush();
    long last = -1;
    for (var one : sent) last = one.get().offset();
    if (how.equals("commit")) producer.commitTransaction();
    if (how.equals("abort")) producer.abortTransaction();
    return last;
  }

  static ProducerRecord<byte[], byte[]> recordOf(int i, int bytes, long timestamp) {
    byte[] key = i % 7 == 6 ? null : ("key " + i % 5).getBytes(StandardCharsets.UTF_8);
    byte[] value = i % 11 == 10 ? null : new byte[bytes];
    // Letters of a small alphabet: half of it goes away by compression, so sizes differ from codec to codec.
    if (value != null) for (int at = 0; at < bytes; at++) value[at] = (byte) ('a' + random.nextInt(16));
    var record = new ProducerRecord<>(topic, partition, timestamp, key, value);
    if (i % 3 == 0) record.headers().add("header", ("of " + i).getBytes(StandardCharsets.UTF_8)).add("empty", new byte[0]);
    return record;
  }
}
