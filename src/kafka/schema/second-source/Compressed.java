import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/** Bytes as the Java client's producer compresses them. */
final class Compressed {
    static String json() throws Exception {
        List<String> lines = new ArrayList<>();
        lines.add("\"madeBy\": " + Dump.quoted(Dump.HEAD));
        for (CompressionType type : CompressionType.values()) {
            if (type == CompressionType.NONE) continue;
            // Several blocks of each codec; the text is made again by the test.
            lines.add(Dump.quoted(type.name) + ": [" + Dump.quoted(compressed(type, text(1))) + ", " + Dump.quoted(compressed(type, text(6000))) + "]");
        }
        return "{\n" + String.join(",\n", lines) + "\n}\n";
    }

    private static byte[] text(int lines) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < lines; i++) text.append("line ").append(i % 10).append(" of the text to be compressed\n");
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String compressed(CompressionType type, byte[] bytes) throws Exception {
        ByteBufferOutputStream buffer = new ByteBufferOutputStream(bytes.length + 64);
        try (OutputStream out = Compression.of(type).build().wrapForOutput(buffer, RecordBatch.MAGIC_VALUE_V2)) {
            out.write(bytes);
        }
        buffer.buffer().flip();
        byte[] result = new byte[buffer.buffer().remaining()];
        buffer.buffer().get(result);
        return Base64.getEncoder().encodeToString(result);
    }
}
