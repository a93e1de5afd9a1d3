import java.nio.file.Files;
import java.nio.file.Path;

/** Writes what `dump` describes. Arguments: the folder to write into. */
public final class Dump {
    static final String HEAD = "src/kafka/schema/second-source/dump";

    /** The APIs that we declare, and the versions of them. */
    static final String[][] APIS = {
        {"Produce", "3", "13"}, {"Fetch", "4", "18"}, {"ListOffsets", "1", "11"}, {"Metadata", "0", "13"},
        {"OffsetCommit", "2", "10"}, {"OffsetFetch", "1", "10"}, {"FindCoordinator", "0", "6"},
        {"JoinGroup", "0", "9"}, {"Heartbeat", "0", "4"}, {"LeaveGroup", "0", "5"}, {"SyncGroup", "0", "5"},
        {"DescribeGroups", "0", "6"}, {"ListGroups", "0", "5"}, {"ApiVersions", "0", "4"},
        {"CreateTopics", "2", "7"}, {"DeleteTopics", "1", "6"}, {"DeleteRecords", "0", "2"},
        {"InitProducerId", "0", "5"}, {"OffsetForLeaderEpoch", "2", "4"}, {"DescribeConfigs", "1", "4"},
        {"AlterConfigs", "0", "2"}, {"DescribeLogDirs", "1", "5"}, {"CreatePartitions", "0", "3"},
        {"DeleteGroups", "0", "2"}, {"IncrementalAlterConfigs", "0", "1"}, {"OffsetDelete", "0", "0"},
        {"DescribeQuorum", "0", "2"}, {"DescribeCluster", "0", "2"}, {"DescribeProducers", "0", "0"},
        {"ListConfigResources", "0", "1"}, {"DescribeTopicPartitions", "0", "0"}, {"UnregisterBroker", "0", "0"},
        {"ElectLeaders", "0", "2"}, {"AlterPartitionReassignments", "0", "1"},
        {"ListPartitionReassignments", "0", "0"},
    };

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("schemas.json"), Schemas.json());
        Files.writeString(folder.resolve("frames.jsonl"), Frames.lines());
        Files.writeString(folder.resolve("compressed.json"), Compressed.json());
    }

    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < 0x20 || c > 0x7e) out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }

    static String camel(String snake) {
        StringBuilder out = new StringBuilder();
        for (String word : snake.split("_")) {
            out.append(out.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return out.toString();
    }
}
