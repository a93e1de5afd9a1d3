import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

/** Which fields are dropped and which are refused, where they are set but the version has no place for them. */
final class Ignored {
    private final Map<String, Boolean> dropped = new TreeMap<>();

    static String json(Class<?> message, short min, short max) throws Exception {
        Ignored found = new Ignored();
        for (short v = min; v <= max; v++) {
            Schema schema = Schemas.schemaOf((ApiMessage) Frames.make(message), v);
            found.visit(message, List.of(), message, schema, v);
        }
        List<String> entries = new ArrayList<>();
        found.dropped.forEach((path, is) -> entries.add(Dump.quoted(path) + ": " + is));
        return "{" + String.join(", ", entries) + "}";
    }

    private void visit(Class<?> root, List<Field> path, Class<?> type, Schema schema, short version) throws Exception {
        for (Field field : Frames.dataFields(type)) {
            Type wire = typeOf(schema, field.getName());
            List<Field> longer = new ArrayList<>(path);
            longer.add(field);
            if (wire == null) {
                dropped.put(String.join(".", longer.stream().map(Field::getName).toList()), isDropped(root, longer, version));
                continue;
            }
            Class<?> element = Frames.elementOf(field);
            Class<?> inner = element == null ? field.getType() : element;
            if (!Frames.isStruct(inner)) continue;
            visit(root, longer, inner, (Schema) (element == null ? wire : wire.arrayElementType().get()), version);
        }
    }

    private static Type typeOf(Schema schema, String name) {
        for (BoundField bound : schema.fields()) {
            if (bound.def.type instanceof TaggedFields tagged) {
                for (var field : tagged.fields().values()) if (Dump.camel(field.name).equals(name)) return field.type;
            } else if (Dump.camel(bound.def.name).equals(name)) {
                return bound.def.type;
            }
        }
        return null;
    }

    private static boolean isDropped(Class<?> root, List<Field> path, short version) throws Exception {
        ApiMessage message = (ApiMessage) Frames.make(root);
        Object at = message;
        for (Field field : path.subList(0, path.size() - 1)) at = enter(at, field);
        set(at, path.get(path.size() - 1));
        try {
            ObjectSerializationCache cache = new ObjectSerializationCache();
            ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
            message.write(new ByteBufferAccessor(buffer), cache, version);
            return true;
        } catch (UnsupportedVersionException refused) {
            return false;
        }
    }

    @SuppressWarnings("unchecked")
    private static Object enter(Object at, Field field) throws Exception {
        Class<?> element = Frames.elementOf(field);
        Object inner = Frames.make(element == null ? field.getType() : element);
        if (element == null) {
            field.set(at, inner);
        } else {
            Collection<Object> all = field.getType() == List.class ? new ArrayList<>() : (Collection<Object>) Frames.make(field.getType());
            all.add(inner);
            field.set(at, all);
        }
        return inner;
    }

    /** Gives the field any value but its default. */
    private static void set(Object at, Field field) throws Exception {
        Class<?> type = field.getType();
        Class<?> element = Frames.elementOf(field);
        if (element != null && Frames.isStruct(element)) enter(at, field);
        else if (element == String.class) field.set(at, List.of("x"));
        else if (element == Integer.class) field.set(at, List.of(1));
        else if (element == Byte.class) field.set(at, List.of((byte) 1));
        else if (Frames.isStruct(type)) set(enter(at, field), Frames.dataFields(type).get(0));
        else if (type == boolean.class) field.set(at, !field.getBoolean(at));
        else if (type == byte.class) field.set(at, (byte) (field.getByte(at) + 1));
        else if (type == short.class) field.set(at, (short) (field.getShort(at) + 1));
        else if (type == int.class) field.set(at, field.getInt(at) + 1);
        else if (type == long.class) field.set(at, field.getLong(at) - 1);
        else if (type == String.class) field.set(at, "x");
        else if (type == Uuid.class) field.set(at, Uuid.ONE_UUID);
        else throw new IllegalStateException(field.toString());
    }
}
