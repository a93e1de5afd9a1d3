import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
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
        case "create-topic" -> withAdmin(Client::createTopic);
        case "describe" -> withAdmin(Client::describe);
        case "list-topics" -> withAdmin(admin -> admin.listTopics().names().get().forEach(name -> print("topic", name)));
        case "add-partitions" -> withAdmin(admin ->
            admin.createPartitions(Map.of(options.get("topic"), NewPartitions.increaseTo(number("partitions")))).all().get());
        case "delete-topic" -> withAdmin(admin -> admin.deleteTopics(List.of(options.get("topic"))).all().get());
        case "describe-config" -> withAdmin(Client::describeConfig);
        case "alter-config" -> withAdmin(Client::alterConfig);
        case "delete-records" -> withAdmin(admin -> admin.deleteRecords(Map.of(new TopicPartition(options.get("topic"), 0),
            RecordsToDelete.beforeOffset(number("offset")))).all().get());
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

  interface AdminWork {
    void with(Admin admin) throws Exception;
  }

  static void withAdmin(AdminWork work) throws Exception {
    try (Admin admin = Admin.create(base())) {
      work.with(admin);
    }
  }

  static int number(String name) {
    return Integer.parseInt(options.get(name));
  }

  /** The parts of --config NAME=VALUE, or none. */
  static Map<String, String> config() {
    if (!options.containsKey("config")) return Map.of();
    String[] pair = options.get("config").split("=", 2);
    return Map.of(pair[0], pair[1]);
  }

  static void createTopic(Admin admin) throws Exception {
    NewTopic topic = new NewTopic(options.get("topic"), number("partitions"), (short) 1).configs(config());
    admin.createTopics(List.of(topic)).all().get();
  }

  /** The method has another name before 3.1, and the old name is gone in 4.0. */
  static void describe(Admin admin) throws Exception {
    String topic = options.get("topic");
    DescribeTopicsResult result = admin.describeTopics(List.of(topic));
    boolean old = Arrays.stream(DescribeTopicsResult.class.getMethods()).noneMatch(m -> m.getName().equals("allTopicNames"));
    var all = (KafkaFuture<?>) DescribeTopicsResult.class.getMethod(old ? "all" : "allTopicNames").invoke(result);
    var description = (TopicDescription) ((Map<?, ?>) all.get()).get(topic);
    for (var p : description.partitions()) print("partition", p.partition(), p.leader().id());
  }

  static void describeConfig(Admin admin) throws Exception {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, options.get("topic"));
    for (var entry : admin.describeConfigs(List.of(resource)).all().get().get(resource).entries())
      print("config", entry.name(), entry.value());
  }

  static void alterConfig(Admin admin) throws Exception {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, options.get("topic"));
    List<AlterConfigOp> changes = new ArrayList<>();
    config().forEach((name, value) ->
        changes.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
    admin.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
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
    p.put("acks", options.getOrDefault("acks", "all"));
    AtomicInteger acked = new AtomicInteger();
    AtomicReference<Exception> failure = new AtomicReference<>();
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (var producer = new KafkaProducer<>(p, new StringSerializer(), new StringSerializer())) {
      for (String line; (line = input.readLine()) != null; ) {
        String[] fields = line.split("\t", -1);
        Long timestamp = fields[0].isEmpty() ? null : Long.valueOf(fields[0]);
        var record = new ProducerRecord<>(options.get("topic"), null, timestamp, content(fields[1]), content(fields[2]));
        for (int i = 3; i < fields.length; i++) {
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

  static String content(String field) {
    return field.equals("\\N") ? null : field;
  }

  static String field(String content) {
    return content == null ? "\\N" : content;
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
    List<Object> fields = new ArrayList<>(List.of("record", r.partition(), r.offset(), r.timestamp()));
    fields.addAll(List.of(field(r.key()), field(r.value())));
    for (Header h : r.headers()) fields.add(h.key() + "=" + new String(h.value(), StandardCharsets.UTF_8));
    print(fields.toArray());
  }

  static void consume() {
    String from = options.get("from-time"), again = options.get("again-from"), most = options.get("fetch-max");
    try (KafkaConsumer<String, String> consumer = consumer(most == null ? Map.of() : Map.of("max.partition.fetch.bytes", most))) {
      Map<TopicPartition, Long> starts = seekable(consumer, from == null ? null : Long.valueOf(from));
      Map<TopicPartition, Long> ends = consumer.endOffsets(starts.keySet());
      consumer.assign(starts.keySet());
      starts.forEach(consumer::seek);
      readTo(consumer, ends);
      if (again == null) return;
      for (TopicPartition tp : ends.keySet()) consumer.seek(tp, Long.parseLong(again));
      readTo(consumer, ends);
    }
  }

  static void readTo(KafkaConsumer<String, String> consumer, Map<TopicPartition, Long> ends) {
    while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue()))
      for (var r : consumer.poll(Duration.ofMillis(200))) printRecord(r);
  }

  static void printPartitions(String kind, Collection<TopicPartition> partitions) {
    List<Object> fields = new ArrayList<>(List.of(kind));
    for (TopicPartition tp : partitions) fields.add(tp.partition());
    print(fields.toArray());
  }

  static boolean toldToLeave(BufferedReader input) throws Exception {
    if (!input.ready()) return false;
    String line = input.readLine();
    if ("die".equals(line)) Runtime.getRuntime().halt(1);
    return "leave".equals(line);
  }

  static Map<String, String> memberSettings() {
    Map<String, String> settings = new HashMap<>(Map.of("session.timeout.ms", "20000", "heartbeat.interval.ms", "300"));
    settings.put("group.id", options.get("group"));
    boolean cooperative = "cooperative".equals(options.get("assignor"));
    var assignor = cooperative ? CooperativeStickyAssignor.class : RangeAssignor.class;
    settings.put("partition.assignment.strategy", assignor.getName());
    if (options.containsKey("instance")) settings.put("group.instance.id", options.get("instance"));
    return settings;
  }

  static void group() throws Exception {
    int stopAfter = Integer.parseInt(options.getOrDefault("stop-after", "" + Integer.MAX_VALUE));
    var input = new BufferedReader(new InputStreamReader(System.in));
    int seen = 0;
    try (KafkaConsumer<String, String> consumer = consumer(memberSettings())) {
      consumer.subscribe(List.of(options.get("topic")), new ConsumerRebalanceListener() {
        public void onPartitionsRevoked(Collection<TopicPartition> gone) {
          printPartitions("revoked", gone);
        }
        public void onPartitionsAssigned(Collection<TopicPartition> added) {
          printPartitions("assigned", consumer.assignment());
        }
      });
      while (seen < stopAfter && !toldToLeave(input)) {
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
