package dev.yololoss.trainer.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of bad file is refused in words that say what is wrong. */
class BadFilesTest {
  @TempDir Path folder;

  @Test
  void missing() {
    assertRefused(folder.resolve("none.safetensors"), "does not exist");
  }

  @Test
  void aFolder() {
    assertRefused(folder, "is not a file");
  }

  @Test
  void unreadable() throws IOException {
    Path path = Files.write(folder.resolve("bad.safetensors"), new byte[10]);
    assertThat(path.toFile().setReadable(false)).isTrue();
    assumeThat(Files.isReadable(path)).as("a super-user reads everything").isFalse();
    assertRefused(path, "cannot be read: java.nio.file.AccessDeniedException");
  }

  @Test
  void empty() throws IOException {
    assertRefused(
        Files.write(folder.resolve("bad.safetensors"), new byte[0]),
        "has 0 bytes; a safetensors file starts with 8 of header length");
  }

  @Test
  void shorterThanItsLength() throws IOException {
    assertRefused(
        Files.write(folder.resolve("bad.safetensors"), new byte[7]),
        "has 7 bytes; a safetensors file starts with 8 of header length");
  }

  @ParameterizedTest
  @CsvSource({
    "3, 3",
    "0, 0",
    "1, 1",
    "-1, 18446744073709551615",
    "-9223372036854775808, 9223372036854775808",
    "9223372036854775807, 9223372036854775807"
  })
  void headerLength(long length, String shown) throws IOException {
    Path path = RawFile.write(folder.resolve("bad.safetensors"), length, new byte[] {'{', '}'});
    assertRefused(
        path, "says its header has " + shown + " bytes; allowed are 2..2 in a file of 10");
  }

  @ParameterizedTest
  @MethodSource("headers")
  void header(String header, String message) throws IOException {
    assertRefused(RawFile.write(folder.resolve("bad.safetensors"), header, new byte[8]), message);
  }

  static Stream<Arguments> headers() {
    return Stream.of(
        Arguments.of("{\"t\":", "its header is no JSON: "),
        Arguments.of("  ", "its header is no JSON object"),
        Arguments.of("[]", "its header is no JSON object"),
        Arguments.of("null", "its header is no JSON object"),
        Arguments.of("{} {}", "its header is no JSON: Trailing token"),
        Arguments.of("{\"t\":1,\"t\":2}", "its header is no JSON: Duplicate field 't'"),
        Arguments.of("[".repeat(5000), "its header is no JSON: "),
        Arguments.of("{\"__metadata__\":[]}", "__metadata__ is no JSON object"),
        Arguments.of("{\"__metadata__\":null}", "__metadata__ is no JSON object"),
        Arguments.of(
            "{\"__metadata__\":{\"config\":{}}}",
            "metadata \"config\" is OBJECT; the format allows only text"),
        Arguments.of(
            "{\"__metadata__\":{\"seed\":1}}",
            "metadata \"seed\" is NUMBER; the format allows only text"),
        Arguments.of("{}", "holds 8 bytes of data; its tensors end at 0"),
        Arguments.of("{\"t\":3}", "tensor \"t\" is of type missing; allowed are [F64, F32, F16,"),
        dtype("\"F8\"", "tensor \"t\" is of type \"F8\"; allowed are [F64, F32, F16, BF16,"),
        dtype("8", "tensor \"t\" is of type 8; allowed are "),
        dtype("null", "tensor \"t\" is of type null; allowed are "),
        shape("[-1]", "tensor \"t\" has the shape [-1]; must be a list of sizes, 0 or more"),
        shape("[-2,-2]", "tensor \"t\" has the shape [-2,-2]; must be a list"),
        shape("[1.0]", "tensor \"t\" has the shape [1.0]; must be a list"),
        shape("[\"1\"]", "tensor \"t\" has the shape [\"1\"]; must be a list"),
        shape("[18446744073709551617]", "tensor \"t\" has the shape [18446744073709551617]; must"),
        shape("{\"a\":1}", "tensor \"t\" has the shape {\"a\":1}; must be a list"),
        shape("1", "tensor \"t\" has the shape 1; must be a list"),
        shape("null", "tensor \"t\" has the shape null; must be a list"),
        // 2^61 + 1 elements of 8 bytes are 8 bytes if one multiplies without looking.
        shape(
            "[2305843009213693953]",
            "tensor \"t\" has the shape [2305843009213693953]; that is more than 2^63 bytes"),
        shape(
            "[4294967296,4294967296,0]",
            "tensor \"t\" has the shape [4294967296, 4294967296, 0]; that is more than 2^63"),
        shape("[2]", "tensor \"t\" has 8 bytes; F64 [2] needs 16"),
        shape("[0]", "tensor \"t\" has 8 bytes; F64 [0] needs 0"),
        offsets("[0,16]", "tensor \"t\" lies at [0,16]; the file holds 0..8 (is it truncated?)"),
        offsets("[-8,0]", "tensor \"t\" lies at [-8,0]; the file holds 0..8"),
        offsets("[8,0]", "tensor \"t\" lies at [8,0]; the file holds 0..8"),
        offsets("[\"0\",\"8\"]", "tensor \"t\" lies at [\"0\",\"8\"]; the file holds"),
        offsets("[0,8.5]", "tensor \"t\" lies at [0,8.5]; the file holds"),
        offsets("[0,18446744073709551624]", "tensor \"t\" lies at [0,18446744073709551624]; the"),
        offsets("[0]", "tensor \"t\" lies at [0]; the file holds"),
        offsets("[0,8,8]", "tensor \"t\" lies at [0,8,8]; the file holds"),
        offsets("{}", "tensor \"t\" lies at {}; the file holds"),
        offsets("[0,7]", "tensor \"t\" has 7 bytes; F64 [1] needs 8"),
        Arguments.of(
            """
            {"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},
             "b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}\
            """,
            "tensor \"b\" starts at 4; the tensors before it end at 6"),
        Arguments.of(
            """
            {"a":{"dtype":"U8","shape":[6],"data_offsets":[2,8]},
             "b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}\
            """,
            "tensor \"a\" starts at 2; the tensors before it end at 1"));
  }

  @Test
  void otherEncodings() throws IOException {
    byte[] header = "{\"ä\":0}".getBytes(StandardCharsets.ISO_8859_1);
    assertRefused(
        RawFile.write(folder.resolve("bad.safetensors"), header.length, header),
        "its header is no UTF-8: ");
    byte[] wide = "{}".getBytes(StandardCharsets.UTF_16LE);
    assertRefused(
        RawFile.write(folder.resolve("bad.safetensors"), wide.length, wide),
        "its header is no JSON: ");
  }

  private static Arguments dtype(String dtype, String message) {
    return Arguments.of(RawFile.header(dtype, "[1]", "[0,8]"), message);
  }

  private static Arguments shape(String shape, String message) {
    return Arguments.of(RawFile.header("\"F64\"", shape, "[0,8]"), message);
  }

  private static Arguments offsets(String offsets, String message) {
    return Arguments.of(RawFile.header("\"F64\"", "[1]", offsets), message);
  }

  private static void assertRefused(Path path, String message) {
    assertThatExceptionOfType(SafetensorsException.class)
        .isThrownBy(() -> SafetensorsFile.open(path).close())
        .withMessageStartingWith(path + ": " + message);
  }
}
