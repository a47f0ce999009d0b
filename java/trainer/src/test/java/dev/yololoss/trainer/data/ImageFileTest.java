package dev.yololoss.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFileTest {
  @TempDir Path folder;
  private Fixture fixture;

  @BeforeEach
  void start() {
    fixture = new Fixture(folder);
  }

  private static int[] pixel(Path path) {
    byte[] pixels = new ImageFile(path).decode().pixels();
    return new int[] {pixels[0] & 0xff, pixels[1] & 0xff, pixels[2] & 0xff};
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_4BYTE_ABGR,
      })
  void keepsTheColoursOfAPng(int type) {
    var picture = new BufferedImage(1, 1, type);
    picture.setRGB(0, 0, 0x800a64ff);

    assertThat(pixel(fixture.image("a.png", picture))).containsExactly(10, 100, 255);
  }

  @Test
  void keepsTheColoursOfAPalette() {
    var picture = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_INDEXED);
    picture.setRGB(0, 0, 0xff0000);

    assertThat(pixel(fixture.image("a.gif", picture))).containsExactly(255, 0, 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.png", "a.jpg", "a.bmp"})
  void doesNotBrightenGrey(String name) {
    var picture = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < 256; i++) {
      picture.getRaster().setSample(i % 16, i / 16, 0, 128);
    }

    assertThat(pixel(fixture.image(name, picture))).containsExactly(128, 128, 128);
  }

  @Test
  void takesTheUpperByteOfDeepGrey() {
    var picture = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
    picture.getRaster().setSample(0, 0, 0, 0x4fff);

    assertThat(pixel(fixture.image("a.png", picture))).containsExactly(0x4f, 0x4f, 0x4f);
  }

  @Test
  void keepsTheValuesOfSemitransparentGrey() {
    var grey = ColorSpace.getInstance(ColorSpace.CS_GRAY);
    var model =
        new ComponentColorModel(grey, true, false, Transparency.TRANSLUCENT, DataBuffer.TYPE_BYTE);
    var raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 1, 1, 2, null);
    raster.setPixel(0, 0, new int[] {128, 20});

    assertThat(pixel(fixture.image("a.png", new BufferedImage(model, raster, false, null))))
        .containsExactly(128, 128, 128);
  }

  @Test
  void takesDeepColours() {
    var model =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB),
            false,
            false,
            Transparency.OPAQUE,
            DataBuffer.TYPE_USHORT);
    var raster = Raster.createInterleavedRaster(DataBuffer.TYPE_USHORT, 1, 1, 3, null);
    raster.setPixel(0, 0, new int[] {0x0a0a, 0x6464, 0xffff});

    assertThat(pixel(fixture.image("a.png", new BufferedImage(model, raster, false, null))))
        .containsExactly(10, 100, 255);
  }

  @Test
  void stretchesBlackAndWhite() {
    var picture = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
    picture.setRGB(0, 0, 0xffffff);

    assertThat(pixel(fixture.image("a.png", picture))).containsExactly(255, 255, 255);
  }

  @Test
  void refusesCmyk() throws IOException {
    Path path = fixture.bytes("a.jpg", cmykJpeg());

    assertThatThrownBy(() -> new ImageFile(path).decode())
        .isInstanceOf(DataException.class)
        .hasMessage(path + ": cannot be decoded: its colours are CMYK; convert it to RGB");
  }

  private static byte[] cmykJpeg() throws IOException {
    var raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 16, 16, 4, null);
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpg").next();
    var bytes = new ByteArrayOutputStream();
    try (var output = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(output);
      writer.write(new IIOImage(raster, null, null));
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.jpg", "a.png", "a.bmp", "a.gif"})
  void refusesAFileCutShortAtAnyPlace(String name) throws IOException {
    var picture = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 1600; i++) {
      picture.setRGB(i % 40, i / 40, i * i * 2654435);
    }
    Path path = fixture.image(name, picture);
    byte[] whole = Files.readAllBytes(path);
    assertThat(new ImageFile(path).size()).isEqualTo(new ImageFile.Size(40, 40));

    for (int length = 0; length < whole.length * 0.9; length += 1 + whole.length / 50) {
      Files.write(path, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> new ImageFile(path).decode())
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(DataException.class)
          .hasMessageStartingWith(path + ": cannot be decoded: ");
    }
  }

  @Test
  void refusesAMissingFile() {
    assertThatThrownBy(() -> new ImageFile(folder.resolve("none.jpg")).decode())
        .isInstanceOf(DataException.class)
        .hasMessage(folder.resolve("none.jpg") + ": no such file");
  }
}
