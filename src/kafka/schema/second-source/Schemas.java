import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.errors.RetriableException;

/** The fields of every version, as one line of text each. */
final class Schemas {
    static String json() throws Exception {
        StringBuilder out = new StringBuilder("{\n");
        out.append("\"madeBy\": ").append(Dump.quoted(Dump.HEAD)).append(",\n\"apis\": {\n");
        List<String> apis = new ArrayList<>();
        for (String[] api : Dump.APIS) apis.add(Dump.quoted(api[0]) + ": " + api(api));
        out.append(String.join(",\n", apis)).append("\n},\n\"errors\": {\n");
        List<String> errors = new ArrayList<>();
        for (Errors error : Errors.values()) {
            boolean retriable = error.exception() instanceof RetriableException;
            errors.add(Dump.quoted(error.name()) + ": [" + error.code() + ", " + retriable + "]");
        }
        return out.append(String.join(",\n", errors)).append("\n}\n}\n").toString();
    }

    private static String api(String[] api) throws Exception {
        ApiMessageType type = typeOf(api[0]);
        short min = Short.parseShort(api[1]);
        short max = Short.parseShort(api[2]);
        List<String> headers = new ArrayList<>();
        for (short v = min; v <= max; v++) {
            headers.add("[" + type.requestHeaderVersion(v) + "," + type.responseHeaderVersion(v) + "]");
        }
        return "{\"key\": " + type.apiKey() + ", \"versions\": [" + min + ", " + max + "], \"headers\": [" + String.join(",", headers)
            + "],\n  \"request\": " + side(type.newRequest(), min, max) + ",\n  \"response\": " + side(type.newResponse(), min, max) + "}";
    }

    static ApiMessageType typeOf(String name) {
        for (ApiMessageType type : ApiMessageType.values()) if (type.name.equals(name)) return type;
        throw new IllegalArgumentException(name);
    }

    static Schema schemaOf(ApiMessage message, short version) throws Exception {
        return ((Schema[]) message.getClass().getField("SCHEMAS").get(null))[version];
    }

    private static String side(ApiMessage message, short min, short max) throws Exception {
        Map<Integer, String> lines = new TreeMap<>();
        String before = null;
        for (short v = min; v <= max; v++) {
            String text = text(schemaOf(message, v));
            if (!text.equals(before)) lines.put((int) v, text);
            before = text;
        }
        List<String> versions = new ArrayList<>();
        lines.forEach((v, text) -> versions.add("\"" + v + "\": " + Dump.quoted(text)));
        return "{\"from\": {\n    " + String.join(",\n    ", versions) + "\n  },\n  \"defaults\": " + defaults(message)
            + ",\n  \"dropped\": " + Ignored.json(message.getClass(), min, max) + "}";
    }

    /** `name type`, with `?` behind a type that may be null, `[]` behind an array's, braces around a struct's fields. */
    private static String text(Schema schema) {
        List<String> fields = new ArrayList<>();
        for (BoundField field : schema.fields()) {
            if (field.def.type instanceof TaggedFields tagged) {
                fields.add("tags{" + tags(tagged) + "}");
            } else {
                fields.add(Dump.camel(field.def.name) + " " + text(field.def.type));
            }
        }
        return String.join(", ", fields);
    }

    private static String tags(TaggedFields tagged) {
        List<String> fields = new ArrayList<>();
        new TreeMap<>(tagged.fields()).forEach((tag, field) ->
            fields.add(tag + " " + Dump.camel(field.name) + " " + text(field.type)));
        return String.join(", ", fields);
    }

    private static String text(Type type) {
        String nullable = type.isNullable() ? "?" : "";
        if (type.isArray()) return text(type.arrayElementType().get()) + (isCompact(type) ? "[c]" : "[]") + nullable;
        if (type instanceof Schema schema) return "{" + text(schema) + "}" + nullable;
        return type.toString().toLowerCase().replace("nullable_", "") + nullable;
    }

    private static boolean isCompact(Type type) {
        return type.getClass().getSimpleName().startsWith("Compact");
    }

    /** What the fields of a new message hold; arrays have no elements, so theirs are told of a new element. */
    private static void defaults(Object message, String prefix, Map<String, String> found) throws Exception {
        for (Field field : Frames.dataFields(message.getClass())) {
            Object value = field.get(message);
            Class<?> element = Frames.elementOf(field);
            Class<?> inner = element == null ? field.getType() : element;
            String path = prefix + field.getName();
            if (value == null) found.put(path, "null");
            else if (element != null) found.put(path, "[]");
            else if (Frames.isStruct(inner)) found.put(path, "{}");
            else if (value instanceof byte[] bytes) found.put(path, "bytes " + bytes.length);
            else found.put(path, String.valueOf(value));
            if (Frames.isStruct(inner)) defaults(Frames.make(inner), path + ".", found);
        }
    }

    private static String defaults(ApiMessage message) throws Exception {
        Map<String, String> found = new TreeMap<>();
        defaults(message, "", found);
        List<String> entries = new ArrayList<>();
        found.forEach((path, value) -> entries.add(Dump.quoted(path) + ": " + Dump.quoted(value)));
        return "{" + String.join(", ", entries) + "}";
    }
}
