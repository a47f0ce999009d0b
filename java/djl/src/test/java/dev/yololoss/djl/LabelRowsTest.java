package dev.yololoss.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.yololoss.TargetException;
import dev.yololoss.Targets;
import dev.yololoss.TensorException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LabelRowsTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void cornersBecomeCentresAndPaddingIsLeftOut() {
    LabelRows rows =
        padded(
            2,
            new double[] {1, 0.125, 0.25, 0.5, 0.25},
            new double[] {-1, 0, 0, 0, 0},
            new double[] {0, 0, 0, 0, 0},
            new double[] {0, 0.5, 0.5, 0.25, 0.125});
    Targets targets = rows.targets();
    assertThat(targets.size()).isEqualTo(2);
    assertThat(targets.image(0)).isZero();
    assertThat(targets.category(0)).isEqualTo(1);
    assertThat(targets.centreX(0)).isEqualTo(0.375);
    assertThat(targets.centreY(0)).isEqualTo(0.375);
    assertThat(targets.width(0)).isEqualTo(0.5);
    assertThat(targets.height(0)).isEqualTo(0.25);
    assertThat(targets.image(1)).isEqualTo(1);
    assertThat(targets.centreX(1)).isEqualTo(0.625);
    assertThat(rows.places()).containsExactly("row 0 of image 0", "row 1 of image 1");
  }

  /** A class 0 box in the corner is no padding, nor is one without a size, which is an error. */
  @Test
  void onlyWholeRowsOfZerosArePadding() {
    LabelRows rows = padded(1, new double[] {0, 0, 0, 0.5, 0.5}, new double[] {0, 0.5, 0.5, 0, 0});
    assertThat(rows.targets().size()).isEqualTo(2);
  }

  @Test
  void rowCountsTellThePaddingWhereTheyAreGiven() {
    double[] row = {0, 0.5, 0.5, 0.25, 0.125};
    NDArray labels = rows(row, row, row, row).reshape(2, 2, 5);
    NDArray counts = manager.create(new long[] {0, 2});
    LabelRows rows = LabelRows.of(new NDList(labels, counts), 2);
    assertThat(rows.targets().size()).isEqualTo(2);
    assertThat(rows.targets().image(0)).isEqualTo(1);
    NDArray tooMany = manager.create(new long[] {0, 3});
    assertThatThrownBy(() -> LabelRows.of(new NDList(labels, tooMany), 2))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("the row count of image 1 is 3.0; must lie in 0..2");
    NDArray tooFew = manager.create(new long[] {0});
    assertThatThrownBy(() -> LabelRows.of(new NDList(labels, tooFew), 2))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("1 row counts stand beside the labels of 2 images");
  }

  @Test
  void listedRowsAreTakenAsTheyAre() {
    NDArray labels =
        rows(new double[] {1, 3, 0.25, 0.5, 0.125, 0.75}).toType(DataType.FLOAT32, false);
    Targets targets = LabelRows.of(new NDList(labels), 2).targets();
    assertThat(targets.image(0)).isEqualTo(1);
    assertThat(targets.category(0)).isEqualTo(3);
    assertThat(targets.centreX(0)).isCloseTo(0.25, within(0.0));
    assertThat(targets.height(0)).isEqualTo(0.75);
  }

  @Test
  void noRowsAreFine() {
    assertThat(LabelRows.of(new NDList(manager.zeros(new Shape(2, 0, 5))), 2).targets().size())
        .isZero();
    assertThat(LabelRows.of(new NDList(manager.zeros(new Shape(0, 6))), 2).targets().size())
        .isZero();
  }

  @Test
  void otherShapesAndTypesAreRefused() {
    refused(new NDList(), "no array of labels");
    refused(new NDList(manager.zeros(new Shape(2, 5))), "labels have the shape (2, 5); must be");
    refused(new NDList(manager.zeros(new Shape(2, 3, 6))), "(2, 3, 6)");
    refused(new NDList(manager.zeros(new Shape(3, 1, 5))), "of 3 images; the heads are of 2");
    refused(
        new NDList(manager.zeros(new Shape(1, 6)), manager.zeros(new Shape(1, 6))),
        "2 arrays of labels");
    refused(
        new NDList(manager.zeros(new Shape(2, 1, 5), DataType.BOOLEAN)),
        "of type boolean; must be");
  }

  @Test
  void aClassBetweenTwoSaysWhereItStands() {
    double[] good = {0, 0.5, 0.5, 0.25, 0.125};
    double[] bad = {0.5, 0.5, 0.5, 0.25, 0.125};
    assertThatThrownBy(() -> padded(2, good, good, good, bad))
        .isInstanceOf(TargetException.class)
        .hasMessage(
            "target row 3: row 1 of image 1 of the labels: class is 0.5; must be a whole number");
  }

  @Test
  void whatReadsTheTargetsMayNameARow() {
    double[] good = {0, 0.5, 0.5, 0.25, 0.125};
    LabelRows rows = padded(2, good, new double[] {-1, 0, 0, 0, 0}, good, good);
    assertThatThrownBy(
            () ->
                rows.named(
                    () -> {
                      throw new TargetException(2, "w is 0; must be: more");
                    }))
        .isInstanceOf(TargetException.class)
        .hasMessage("target row 2: row 1 of image 1 of the labels: w is 0; must be: more")
        .hasCauseInstanceOf(TargetException.class);
    assertThat(rows.named(() -> 5)).isEqualTo(5);
  }

  private void refused(NDList labels, String words) {
    assertThatThrownBy(() -> LabelRows.of(labels, 2))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining(words);
  }

  private LabelRows padded(int images, double[]... rows) {
    return LabelRows.of(new NDList(rows(rows).reshape(images, rows.length / images, 5)), images);
  }

  private NDArray rows(double[]... rows) {
    return manager.create(rows);
  }
}
