import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Messages with values from a seeded generator: what was put into them, and what the Java client makes of that. */
final class Frames {
    private static final int SAMPLES = 2;
    private final Random random;
    /** In the first sample everything is there, in the others anything may be null, empty or its default. */
    private final boolean sparse;

    private Frames(long seed, boolean sparse) {
        this.random = new Random(seed);
        this.sparse = sparse;
    }

    static String lines() throws Exception {
        StringBuilder out = new StringBuilder();
        out.append("{\"madeBy\":").append(Dump.quoted(Dump.HEAD)).append("}\n");
        for (String[] api : Dump.APIS) {
            ApiMessageType type = Schemas.typeOf(api[0]);
            for (short v = Short.parseShort(api[1]); v <= Short.parseShort(api[2]); v++) {
                for (int sample = 0; sample < SAMPLES; sample++) {
                    long seed = type.apiKey() * 100_000L + v * 100L + sample * 2L;
                    out.append(line(api[0], "request", v, type.newRequest(), new Frames(seed, sample > 0)));
                    out.append(line(api[0], "response", v, type.newResponse(), new Frames(seed + 1, sample > 0)));
                }
            }
        }
        return out.toString();
    }

    private static String line(String api, String side, short version, ApiMessage message, Frames frames) throws Exception {
        String value = frames.fill(message, Schemas.schemaOf(message, version));
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        if (buffer.hasRemaining()) throw new IllegalStateException(api + " " + version);
        return "{\"api\":" + Dump.quoted(api) + ",\"side\":" + Dump.quoted(side) + ",\"version\":" + version + ",\"value\":" + value
            + ",\"hex\":\"" + HexFormat.of().formatHex(buffer.array()) + "\"}\n";
    }

    private String fill(Object target, Schema schema) throws Exception {
        List<String> values = new ArrayList<>();
        for (BoundField bound : schema.fields()) {
            if (bound.def.type instanceof TaggedFields tagged) {
                for (var entry : new java.util.TreeMap<>(tagged.fields()).values()) {
                    if (!sparse || random.nextBoolean()) values.add(set(target, entry.name, entry.type));
                }
            } else {
                values.add(set(target, bound.def.name, bound.def.type));
            }
        }
        return "{" + String.join(",", values) + "}";
    }

    private String set(Object target, String name, Type type) throws Exception {
        String camel = Dump.camel(name);
        Field field = target.getClass().getDeclaredField(camel);
        field.setAccessible(true);
        StringBuilder text = new StringBuilder();
        Object value = value(type, field.getType(), elementOf(field), text);
        if (value == null && field.getType().isPrimitive()) throw new IllegalStateException(camel);
        field.set(target, value);
        return Dump.quoted(camel) + ":" + text;
    }

    @SuppressWarnings("unchecked")
    private Object value(Type type, Class<?> wanted, Class<?> element, StringBuilder text) throws Exception {
        if (type.isNullable() && sparse && random.nextInt(3) == 0) {
            text.append("null");
            return null;
        }
        if (type.isArray()) {
            Collection<Object> all = wanted == List.class ? new ArrayList<>() : (Collection<Object>) make(wanted);
            int count = sparse ? random.nextInt(3) : 1;
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                StringBuilder one = new StringBuilder();
                all.add(value(type.arrayElementType().get(), element, null, one));
                texts.add(one.toString());
            }
            text.append("[").append(String.join(",", texts)).append("]");
            return all;
        }
        if (type instanceof Schema schema) {
            Object struct = make(wanted);
            text.append(fill(struct, schema));
            return struct;
        }
        return primitive(type, wanted, text);
    }

    private Object primitive(Type type, Class<?> wanted, StringBuilder text) {
        Object value;
        if (wanted == boolean.class) value = random.nextBoolean();
        else if (wanted == byte.class || wanted == Byte.class) value = (byte) random.nextInt();
        else if (wanted == short.class || wanted == Short.class) value = (short) random.nextInt();
        else if (type == Type.UINT16) value = random.nextInt(65536);
        else if (wanted == int.class || wanted == Integer.class) value = random.nextInt();
        else if (wanted == long.class || wanted == Long.class) value = safeLong();
        else if (wanted == double.class) value = random.nextDouble();
        else if (wanted == String.class) return string(text);
        else if (wanted == Uuid.class) return uuid(text);
        else if (wanted == byte[].class) return bytes(text);
        else if (wanted == BaseRecords.class) return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes(text)));
        else throw new IllegalStateException(wanted.getName());
        text.append(value);
        return value;
    }

    /** Within 53 bits, the ends included. */
    private long safeLong() {
        long max = (1L << 53) - 1;
        return switch (random.nextInt(5)) {
            case 0 -> max;
            case 1 -> -max;
            case 2 -> random.nextInt();
            default -> random.nextLong() >> 11;
        };
    }

    private String string(StringBuilder text) {
        String[] words = {"", "orders", "a-b.c_9", "Gr\u00f6\u00dfe", "\u65e5\u672c", "\ud83d\ude80"};
        String value = words[(sparse ? 0 : 1) + random.nextInt(words.length - (sparse ? 0 : 1))];
        text.append(Dump.quoted(value));
        return value;
    }

    private Uuid uuid(StringBuilder text) {
        Uuid value = sparse && random.nextInt(3) == 0 ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong());
        text.append(Dump.quoted(value.toString()));
        return value;
    }

    private byte[] bytes(StringBuilder text) {
        byte[] value = new byte[sparse ? random.nextInt(12) : 7];
        random.nextBytes(value);
        text.append(Dump.quoted(Base64.getEncoder().encodeToString(value)));
        return value;
    }

    static List<Field> dataFields(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        for (Field field : type.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) || field.getName().startsWith("_")) continue;
            // The links of collections whose elements are found by key.
            if (field.getName().equals("next") || field.getName().equals("prev")) continue;
            field.setAccessible(true);
            fields.add(field);
        }
        return fields;
    }

    /** The type of an array's elements, null if the field is no array. */
    static Class<?> elementOf(Field field) {
        if (!Collection.class.isAssignableFrom(field.getType())) return null;
        var generic = field.getType() == List.class ? field.getGenericType() : field.getType().getGenericSuperclass();
        return (Class<?>) ((ParameterizedType) generic).getActualTypeArguments()[0];
    }

    static boolean isStruct(Class<?> type) {
        return type.getName().startsWith("org.apache.kafka.common.message.") && !Collection.class.isAssignableFrom(type);
    }

    static Object make(Class<?> type) throws Exception {
        Constructor<?> constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        return constructor.newInstance();
    }
}
