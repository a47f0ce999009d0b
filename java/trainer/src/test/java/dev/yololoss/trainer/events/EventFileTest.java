package dev.yololoss.trainer.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochSecond(1_700_000_000L, 250_000_000), ZoneOffset.UTC);

  @TempDir Path folder;

  /** RFC 3720, appendix B.4. */
  @Test
  void theReadersChecksumIsTheStandards() {
    assertThat(EventReader.sum(new byte[32])).isEqualTo(0x8a9136aa);
    byte[] ones = new byte[32];
    Arrays.fill(ones, (byte) 0xff);
    assertThat(EventReader.sum(ones)).isEqualTo(0x62a8ab43);
    assertThat(EventReader.sum("123456789".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(0xe3069283);
  }

  @Test
  void aReaderOfTheFormatFindsWhatWasWritten() throws IOException {
    byte[] picture = new byte[100_000];
    Arrays.fill(picture, (byte) 7);
    Path file;
    try (EventFile events = EventFile.start(folder, 301, CLOCK)) {
      file = events.path();
      events
          .scalar(301, "loss/total", 0.1)
          .scalar(302, "loss/total", Double.NaN)
          .scalar(1L << 40, "Größe", -1e-30)
          .image(600, "validation", 640, 480, picture);
    }
    assertThat(file.getFileName().toString()).startsWith("events.out.tfevents.1700000000.");
    List<EventReader.Event> events = EventReader.read(file);
    assertThat(events).hasSize(5).allMatch(e -> e.wallTime() == 1_700_000_000.25);
    assertThat(events.get(0).version()).isEqualTo("brain.Event:2");
    assertThat(events.get(1).sessionStart()).isTrue();
    assertThat(events.get(1).step()).isEqualTo(301);
    assertThat(events.get(2).tag()).isEqualTo("loss/total");
    assertThat(events.get(2).step()).isEqualTo(301);
    assertThat(events.get(2).value()).isEqualTo(0.1f);
    assertThat(events.get(3).tag()).isEqualTo("Größe");
    assertThat(events.get(3).step()).isEqualTo(1L << 40);
    assertThat(events.get(3).value()).isEqualTo(-1e-30f);
    assertThat(events.get(4).width()).isEqualTo(640);
    assertThat(events.get(4).height()).isEqualTo(480);
    assertThat(events.get(4).image()).isEqualTo(picture);
  }

  @Test
  void theReaderSeesEveryDamage() throws IOException {
    Path file;
    try (EventFile events = EventFile.start(folder, 1, CLOCK)) {
      file = events.scalar(1, "a", 1).path();
    }
    byte[] whole = Files.readAllBytes(file);
    for (int place = 0; place < whole.length; place++) {
      byte[] damaged = whole.clone();
      damaged[place] ^= 4;
      Files.write(file, damaged);
      assertThatIOException().as("byte " + place).isThrownBy(() -> EventReader.read(file));
    }
    Files.write(file, Arrays.copyOf(whole, whole.length - 1));
    assertThatIOException().isThrownBy(() -> EventReader.read(file)).withMessageContaining("cut");
  }

  @Test
  void aSecondFileOfTheSameSecondHasANameOfItsOwn() throws IOException {
    try (EventFile first = EventFile.start(folder, 1, CLOCK);
        EventFile second = EventFile.start(folder, 7, CLOCK)) {
      assertThat(second.path()).isNotEqualTo(first.path());
      assertThat(second.path().toString()).isGreaterThan(first.path().toString());
    }
  }
}
