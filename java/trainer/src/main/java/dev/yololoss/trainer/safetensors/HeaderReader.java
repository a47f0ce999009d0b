package dev.yololoss.trainer.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads and checks a header. As strict as the format's own implementation: a damaged header is to
 * be an error and not other numbers.
 */
final class HeaderReader {
  private static final int LENGTH_BYTES = 8;
  private static final long LONGEST_HEADER = 100_000_000; // as the format's own implementation
  private static final String METADATA = "__metadata__";
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Where a tensor lies behind the header. */
  private record Span(String name, long from, long to) {}

  private final Path path;
  private final MemorySegment all;
  private final List<Span> spans = new ArrayList<>();
  private MemorySegment data;

  private HeaderReader(Path path, MemorySegment all) {
    this.path = path;
    this.all = all;
    this.data = all;
  }

  static Header read(Path path, MemorySegment all) throws SafetensorsException {
    return new HeaderReader(path, all).read();
  }

  private Header read() throws SafetensorsException {
    long length = length();
    JsonNode header = parse(all.asSlice(LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE));
    data = all.asSlice(LENGTH_BYTES + length);
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (entry.getKey().equals(METADATA)) {
        metadata.putAll(metadata(entry.getValue()));
      } else {
        tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue()));
      }
    }
    requireOneBehindTheOther();
    return new Header(Collections.unmodifiableMap(tensors), Collections.unmodifiableMap(metadata));
  }

  private long length() throws SafetensorsException {
    if (all.byteSize() < LENGTH_BYTES) {
      throw wrong(
          "has " + all.byteSize() + " bytes; a safetensors file starts with 8 of header length");
    }
    long length = all.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    long most = Math.min(all.byteSize() - LENGTH_BYTES, LONGEST_HEADER);
    if (length < 2 || length > most) {
      throw wrong(
          "says its header has "
              + Long.toUnsignedString(length)
              + " bytes; allowed are 2.."
              + most
              + " in a file of "
              + all.byteSize());
    }
    return length;
  }

  private JsonNode parse(byte[] json) throws SafetensorsException {
    JsonNode header;
    try {
      // Decoded here since the parser would guess the encoding.
      header =
          MAPPER.readTree(
              StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString());
    } catch (JsonProcessingException e) {
      throw wrong("its header is no JSON: " + e.getOriginalMessage());
    } catch (CharacterCodingException e) {
      throw wrong("its header is no UTF-8: " + e.getMessage());
    }
    if (!header.isObject()) {
      throw wrong("its header is no JSON object");
    }
    return header;
  }

  private Map<String, String> metadata(JsonNode node) throws SafetensorsException {
    if (!node.isObject()) {
      throw wrong(METADATA + " is no JSON object");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getValue().isTextual()) {
        throw wrong(
            "metadata \""
                + entry.getKey()
                + "\" is "
                + entry.getValue().getNodeType()
                + "; the format allows only text");
      }
      metadata.put(entry.getKey(), entry.getValue().textValue());
    }
    return metadata;
  }

  private StoredTensor tensor(String name, JsonNode node) throws SafetensorsException {
    TensorType type = type(name, node.path("dtype"));
    List<Long> shape = shape(name, node.path("shape"));
    long bytes = bytes(name, type, shape);
    Span span = span(name, node.path("data_offsets"));
    if (span.to - span.from != bytes) {
      throw wrong(
          name,
          "has " + (span.to - span.from) + " bytes; " + type + " " + shape + " needs " + bytes);
    }
    spans.add(span);
    return new StoredTensor(name, type, shape, data.asSlice(span.from, bytes));
  }

  private TensorType type(String name, JsonNode dtype) throws SafetensorsException {
    for (TensorType type : TensorType.values()) {
      if (type.name().equals(dtype.textValue())) {
        return type;
      }
    }
    throw wrong(
        name,
        "is of type " + shown(dtype) + "; allowed are " + Arrays.toString(TensorType.values()));
  }

  private List<Long> shape(String name, JsonNode node) throws SafetensorsException {
    List<Long> shape = new ArrayList<>();
    for (JsonNode side : node) {
      shape.add(side.isIntegralNumber() && side.canConvertToLong() ? side.longValue() : -1);
    }
    if (!node.isArray() || shape.contains(-1L) || shape.stream().anyMatch(side -> side < 0)) {
      throw wrong(name, "has the shape " + shown(node) + "; must be a list of sizes, 0 or more");
    }
    return List.copyOf(shape);
  }

  private long bytes(String name, TensorType type, List<Long> shape) throws SafetensorsException {
    try {
      long bytes = type.bytes();
      for (long side : shape) {
        bytes = Math.multiplyExact(bytes, side);
      }
      return bytes;
    } catch (ArithmeticException e) {
      throw wrong(name, "has the shape " + shape + "; that is more than 2^63 bytes");
    }
  }

  private Span span(String name, JsonNode offsets) throws SafetensorsException {
    JsonNode from = offsets.path(0);
    JsonNode to = offsets.path(1);
    boolean numbers =
        offsets.isArray()
            && offsets.size() == 2
            && from.isIntegralNumber()
            && from.canConvertToLong()
            && to.isIntegralNumber()
            && to.canConvertToLong();
    if (!numbers
        || from.longValue() < 0
        || to.longValue() < from.longValue()
        || to.longValue() > data.byteSize()) {
      throw wrong(
          name,
          "lies at "
              + shown(offsets)
              + "; the file holds 0.."
              + data.byteSize()
              + " (is it truncated?)");
    }
    return new Span(name, from.longValue(), to.longValue());
  }

  /** The format allows neither holes nor shared bytes, so an offset cannot be wrong unnoticed. */
  private void requireOneBehindTheOther() throws SafetensorsException {
    spans.sort(Comparator.comparingLong(Span::from).thenComparingLong(Span::to));
    long end = 0;
    for (Span span : spans) {
      if (span.from != end) {
        throw wrong(span.name, "starts at " + span.from + "; the tensors before it end at " + end);
      }
      end = span.to;
    }
    if (end != data.byteSize()) {
      throw wrong("holds " + data.byteSize() + " bytes of data; its tensors end at " + end);
    }
  }

  private static String shown(JsonNode node) {
    String text = node.isMissingNode() ? "missing" : node.toString();
    return text.length() <= 80 ? text : text.substring(0, 77) + "...";
  }

  private SafetensorsException wrong(String tensor, String what) {
    return wrong("tensor \"" + tensor + "\" " + what);
  }

  private SafetensorsException wrong(String what) {
    return new SafetensorsException(path, what);
  }
}
