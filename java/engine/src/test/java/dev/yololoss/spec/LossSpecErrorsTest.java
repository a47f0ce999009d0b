package dev.yololoss.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.aggregator.ArgumentsAccessor;
import org.junit.jupiter.params.provider.CsvSource;

/** Every wrong description is refused by a message that names key, value and what is allowed. */
class LossSpecErrorsTest {
  /** A JSON text in single quotes instead of double ones, and parts of the message. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          # not a description at all
          ``                                        | this is | JSON object
          []                                        | a loss is a JSON object; this is []
          nonsense                                  | not JSON | line 1
          {'preset': 'yolov5'                       | not JSON | line 1
          {'preset': 'yolov5'} x                    | not JSON
          {'preset': 'yolov5'} {}                   | not JSON
          {'preset': 'yolov5', 'preset': 'darknet'} | not JSON | Duplicate field 'preset'
          {'preset': 'yolov5', 'box': {'weight': 1, 'weight': 2}} | not JSON | Duplicate field 'weight'
          {'preset': 'yolov5', 'focalGamma': NaN}   | not JSON
          # preset and classes
          {}                                        | preset is missing | for example "yolov5"
          {'classes': 3}                            | preset is missing
          {'preset': 5}                             | preset is 5
          {'preset': null}                          | preset is null
          {'preset': 'yolov9'}                      | preset is "yolov9" | allowed are yolov5, | darknet-autodiff
          {'preset': 'YOLOV5'}                      | preset is "YOLOV5" | allowed are
          {'preset': 'yolov5', 'classes': 0}        | classes is 0; must be at least 1
          {'preset': 'yolov5', 'classes': -2}       | classes is -2; must be at least 1
          {'preset': 'yolov5', 'classes': 2.5}      | classes is 2.5; must be a whole number
          {'preset': 'yolov5', 'classes': '3'}      | classes is "3"; must be a whole number
          {'preset': 'yolov5', 'classes': null}     | classes is null; must be a whole number
          {'preset': 'yolov5', 'classes': 3000000000} | classes is 3000000000; must be a whole number
          # unknown keys at every level
          {'preset': 'yolov5', 'clases': 3}         | unknown key "clases"; allowed are | classes
          {'preset': 'yolov5', 'box': {'wieght': 3}} | unknown key "box.wieght"; allowed are | weight
          {'preset': 'yolov5', 'heads': [{'stride': 8, 'anchor': [[1, 2]]}]} | unknown key "heads[0].anchor"; allowed are stride, anchors, scaleXY
          # wrong types
          {'preset': 'yolov5', 'box': 3}            | box is 3; must be an object with any of | weight
          {'preset': 'yolov5', 'box': {'weight': '1'}} | box.weight is "1"; must be a number
          {'preset': 'yolov5', 'box': {'weight': true}} | box.weight is true; must be a number
          {'preset': 'yolov5', 'box': {'weight': null}} | box.weight is null; must be a number
          {'preset': 'yolov5', 'box': {'weight': [1]}} | box.weight is [1]; must be a number
          {'preset': 'yolov5', 'focalGamma': {}}    | focalGamma is {}; must be a number
          {'preset': 'yolov5', 'objectness': {'sortByIou': 1}} | objectness.sortByIou is 1; must be true or false
          {'preset': 'yolov5', 'objectness': {'sortByIou': 'true'}} | objectness.sortByIou is "true"; must be true or false
          {'preset': 'yolov5', 'reduction': {'balanceStride': 16.5}} | reduction.balanceStride is 16.5; must be a whole number
          {'preset': 'yolov5', 'reduction': {'balance': 4}} | reduction.balance is 4; must be a list of numbers
          {'preset': 'yolov5', 'reduction': {'balance': [4, null, 1]}} | reduction.balance[1] is null; must be a number
          {'preset': 'yolov5', 'classification': {'perClass': ['1']}} | classification.perClass[0] is "1"; must be a number
          {'preset': 'darknet', 'box': {'kind': 7}} | box.kind is 7; must be a name
          {'preset': 'darknet', 'box': {'kind': 'CIOU'}} | box.kind is "CIOU"; allowed are | ONE_MINUS_CIOU
          {'preset': 'darknet', 'box': {'kind': ''}} | box.kind is
          {'preset': 'darknet', 'decoding': 'YOLO'} | decoding is "YOLO"; allowed are | DARKNET_NEW_COORDS
          {'preset': 'darknet', 'box': {'maxDelta': '5'}} | box.maxDelta is "5"; must be a number
          # heads
          {'preset': 'yolov5', 'heads': 3}          | heads is 3; must be a list
          {'preset': 'yolov5', 'heads': []}         | heads is empty
          {'preset': 'yolov5', 'heads': [3]}        | heads[0] is 3; must be an object
          {'preset': 'yolov5', 'heads': [{'anchors': [[1, 2]]}]} | heads[0].stride is missing
          {'preset': 'yolov5', 'heads': [{'stride': 0, 'anchors': [[1, 2]]}]} | stride is 0; must be greater than 0
          {'preset': 'yolov5', 'heads': [{'stride': -8, 'anchors': [[1, 2]]}]} | stride is -8; must be greater than 0
          {'preset': 'yolov5', 'heads': [{'stride': 8.5, 'anchors': [[1, 2]]}]} | heads[0].stride is 8.5; must be a whole number
          {'preset': 'yolov5', 'heads': [{'stride': 8}]} | heads[0].anchors is missing
          {'preset': 'yolov5', 'heads': [{'stride': 8, 'anchors': []}]} | heads[0].anchors is []
          {'preset': 'yolov5', 'heads': [{'stride': 8, 'anchors': [1, 2]}]} | heads[0].anchors[0] is 1; must be a pair
          {'preset': 'yolov5', 'heads': [{'stride': 8, 'anchors': [[1, 2], [3]]}]} | heads[0].anchors[1] is [3]; must be a pair
          {'preset': 'yolov5', 'heads': [{'stride': 8, 'anchors': [[0, 2]]}]} | heads[0].anchors[0][0] is 0.0; must be finite and greater than 0
          {'preset': 'yolov5', 'heads': [{'stride': 8, 'anchors': [[3, -2]]}]} | heads[0].anchors[0][1] is -2.0; must be finite and greater than 0
          {'preset': 'yolov5', 'heads': [{'stride': 8, 'anchors': [[1e999, 2]]}]} | heads[0].anchors[0][0] is Infinity; must be finite
          {'preset': 'yolov5', 'heads': [{'stride': 8, 'anchors': [['a', 2]]}]} | heads[0].anchors[0][0] is "a"; must be a number
          {'preset': 'yolov5', 'anchors': [[1, 2]]} | anchors is given without heads
          {'preset': 'yolov5', 'anchorUnit': 'PIXELS'} | anchorUnit is given without heads
          {'preset': 'yolov5', 'anchorUnit': 'CELLS', 'heads': [{'stride': 8, 'anchors': [[1, 2]]}]} | anchorUnit is "CELLS"; allowed are PIXELS, IMAGE
          {'preset': 'yolov5', 'anchors': [[1, 2]], 'heads': [{'stride': 8, 'anchors': [1]}]} | heads[0].anchors names anchor 1; allowed are 0..0
          {'preset': 'yolov5', 'anchors': [[1, 2]], 'heads': [{'stride': 8, 'anchors': [-1]}]} | heads[0].anchors names anchor -1; allowed are 0..0
          {'preset': 'yolov5', 'anchors': [[1, 2]], 'heads': [{'stride': 8, 'anchors': [0, 0]}]} | heads[0].anchors names anchor 0 twice
          {'preset': 'yolov5', 'anchors': [[1, 2]], 'heads': [{'stride': 8, 'anchors': [[1, 2]]}]} | heads[0].anchors[0] is [1,2]; must be a whole number
          {'preset': 'yolov5', 'anchors': [[1, 2]], 'heads': [{'stride': 8, 'anchors': []}]} | heads.anchors of stride 8 is empty
          {'preset': 'yolov5', 'anchors': [], 'heads': [{'stride': 8, 'anchors': [0]}]} | anchors is []
          {'preset': 'darknet', 'heads': [{'stride': 8, 'anchors': [[1, 2]], 'scaleXY': 0}]} | scaleXY is 0.0; must be finite and greater than 0
          # values out of range
          {'preset': 'yolov5', 'box': {'weight': -0.1}} | box.weight is -0.1; must be finite and at least 0
          {'preset': 'yolov5', 'box': {'weight': 1e999}} | box.weight is Infinity; must be finite and at least 0
          {'preset': 'yolov5', 'objectness': {'weight': -1}} | objectness.weight is -1.0; must be
          {'preset': 'yolov2', 'objectness': {'matchWeight': -1}} | objectness.matchWeight is -1.0; must be
          {'preset': 'yolov2', 'objectness': {'elsewhereWeight': -1}} | objectness.elsewhereWeight is -1.0; must be
          {'preset': 'yolov5', 'objectness': {'positiveWeight': 0}} | objectness.positiveWeight is 0.0; must be finite and greater than 0
          {'preset': 'yolov5', 'objectness': {'iouShare': 1.5}} | objectness.iouShare is 1.5; must lie in 0.0..1.0
          {'preset': 'yolov5', 'classification': {'weight': -1}} | classification.weight is -1.0; must be
          {'preset': 'yolov5', 'classification': {'positiveWeight': -1}} | classification.positiveWeight is -1.0; must be
          {'preset': 'yolov5', 'classification': {'labelSmoothing': 1.1}} | classification.labelSmoothing is 1.1; must lie in 0.0..1.0
          {'preset': 'yolov5', 'classes': 2, 'classification': {'perClass': [1, -2]}} | classification.perClass[1] is -2.0; must be
          {'preset': 'yolov5', 'assignment': {'ratioLimit': -4}} | assignment.ratioLimit is -4.0; must be
          {'preset': 'darknet', 'assignment': {'extraIou': 2}} | assignment.extraIou is 2.0; must lie in 0.0..1.0
          {'preset': 'darknet', 'ignore': {'threshold': -0.5}} | ignore.threshold is -0.5; must lie in 0.0..1.0
          {'preset': 'darknet', 'ignore': {'truthThreshold': 1.5}} | ignore.truthThreshold is 1.5; must lie in 0.0..1.0
          {'preset': 'darknet', 'box': {'maxDelta': 0}} | box.maxDelta is 0.0; must be greater than 0
          {'preset': 'yolov5', 'focalGamma': -1}    | focalGamma is -1.0; must be finite and at least 0
          {'preset': 'yolov5', 'reduction': {'balance': [4, 1, 0]}} | reduction.balance[2] is 0.0; must be finite and greater than 0
          {'preset': 'yolov5', 'reduction': {'balanceStride': -8}} | reduction.balanceStride is -8; must be at least 0
          # options that the preset has not
          {'preset': 'yolov5-ce', 'focalGamma': 1.5} | focalGamma is 1.5 | preset "yolov5-ce" has 0.0 and no such option; its options are
          {'preset': 'yolov5-ce', 'objectness': {'sortByIou': true}} | objectness.sortByIou is true | preset "yolov5-ce"
          {'preset': 'darknet-autodiff', 'ignore': {'truthThreshold': 0.9}} | ignore.truthThreshold is 0.9 | preset "darknet-autodiff"
          {'preset': 'darknet-autodiff', 'objectness': {'smooth': true}} | objectness.smooth is true | preset "darknet-autodiff"
          {'preset': 'darknet-autodiff', 'decoding': 'DARKNET_NEW_COORDS'} | decoding is "DARKNET_NEW_COORDS" | preset "darknet-autodiff"
          {'preset': 'darknet', 'box': {'gradient': 'EXACT'}} | box.gradient is "EXACT" | preset "darknet"
          {'preset': 'yolov2-v1', 'ignore': {'threshold': 0.5}} | ignore.threshold is 0.5 | preset "yolov2-v1"
          {'preset': 'yolov3-bce', 'box': {'weight': 2}} | box.weight is 2.0 | preset "yolov3-bce"
          # mixes
          {'preset': 'yolov5', 'classes': 3, 'classification': {'perClass': [1, 2]}} | classification.perClass 2 weights | classes 3
          {'preset': 'yolov5', 'heads': [{'stride': 8, 'anchors': [[1, 2]], 'scaleXY': 1.1}]} | heads[0].scaleXY 1.1 | decoding YOLOV5
          {'preset': 'yolov3-bce', 'objectness': {'positiveWeight': 2}} | objectness.positiveWeight 2.0 | bce OF_PROBABILITY
          {'preset': 'yolov3-bce', 'classification': {'positiveWeight': 2}} | classification.positiveWeight 2.0 | bce OF_PROBABILITY
          {'preset': 'darknet-autodiff', 'box': {'maxDelta': 5}} | box.maxDelta 5.0 | box.gradient EXACT
          {'preset': 'yolov3-ratio', 'box': {'kind': 'SQUARED_ERROR_CELL'}, 'objectness': {'target': 'MATCH_IOU'}} | box.kind SQUARED_ERROR_CELL | objectness.target MATCH_IOU
          {'preset': 'yolov3-ratio', 'box': {'kind': 'SQUARED_ERROR_CELL_AND_IOU'}} | box.kind SQUARED_ERROR_CELL_AND_IOU | objectness.target ONE
          {'preset': 'yolov3-ratio', 'box': {'kind': 'ONE_MINUS_CIOU'}} | box.kind ONE_MINUS_CIOU | preset yolov3-ratio | allowed are
          {'preset': 'yolov3-best', 'box': {'kind': 'SQUARED_ERROR_CELL_AND_IOU'}} | box.kind SQUARED_ERROR_CELL_AND_IOU | preset yolov3-best
          {'preset': 'yolov3-best', 'objectness': {'target': 'BEST_IOU'}} | objectness.target BEST_IOU | preset yolov3-best
          {'preset': 'darknet', 'box': {'kind': 'SQUARED_ERROR_EXP'}} | box.kind SQUARED_ERROR_EXP | preset darknet
          {'preset': 'darknet', 'decoding': 'YOLOV5'} | decoding YOLOV5 | preset darknet | DARKNET_NEW_COORDS
          {'preset': 'darknet', 'classification': {'kind': 'BCE'}} | classification.kind BCE | preset darknet
          {'preset': 'yolov5', 'reduction': {'balance': [4, 1]}} | reduction.balance [4.0, 1.0] | heads 3 of them
          {'preset': 'yolov5', 'reduction': {'autobalance': true, 'balanceStride': 64}} | reduction.balanceStride 64 | heads [8, 16, 32]
          {'preset': 'yolov5', 'reduction': {'autobalance': true}, 'heads': [{'stride': 32, 'anchors': [[1, 2]]}]} | reduction.balanceStride 16 | heads [32]
          """)
  void isRefused(ArgumentsAccessor row) {
    String text = row.getString(0).replace('\'', '"');
    String[] message =
        IntStream.range(1, row.size()).mapToObj(row::getString).toArray(String[]::new);
    assertThat(message).isNotEmpty();
    assertThatThrownBy(() -> LossSpec.fromJson(text))
        .isInstanceOf(SpecException.class)
        .hasMessageContainingAll(message);
  }

  /** Negative control: the texts of the table differ from these only in what is wrong. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'preset': 'yolov5', 'classes': 1}
          {'preset': 'yolov5', 'box': {'weight': 0}}
          {'preset': 'yolov5', 'focalGamma': 1.5}
          {'preset': 'yolov5', 'reduction': {'balance': [4, 1, 1]}}
          {'preset': 'yolov5', 'reduction': {'autobalance': true, 'balanceStride': 32}}
          {'preset': 'yolov5', 'classes': 2, 'classification': {'perClass': [1, 0]}}
          {'preset': 'darknet', 'ignore': {'truthThreshold': 0.9}}
          {'preset': 'darknet', 'box': {'maxDelta': 5}}
          {'preset': 'darknet', 'heads': [{'stride': 8, 'anchors': [[1, 2]], 'scaleXY': 1.1}]}
          {'preset': 'darknet-autodiff', 'box': {'maxDelta': 5, 'gradient': 'DARKNET'}}
          {'preset': 'yolov3-bce', 'bce': 'FROM_LOGITS', 'objectness': {'positiveWeight': 2}}
          {'preset': 'yolov3-ratio', 'box': {'kind': 'SQUARED_ERROR_CELL'}}
          {'preset': 'yolov3-ratio', 'box': {'kind': 'SQUARED_ERROR_CELL_AND_IOU'}, 'objectness': {'target': 'MATCH_IOU'}}
          {'preset': 'yolov3-best', 'objectness': {'target': 'MATCH_IOU'}}
          """)
  void isAccepted(String json) {
    assertThat(LossSpec.fromJson(json.replace('\'', '"')).classes()).isPositive();
  }

  @Test
  void theBuilderRefusesLikewise() {
    refuses(() -> option("box.weight", Double.NaN), "box.weight is NaN; must be finite");
    refuses(
        () -> option("box.weight", Double.POSITIVE_INFINITY), "box.weight is Infinity; must be");
    refuses(
        () ->
            LossSpec.builder(Preset.DARKNET)
                .option("box.maxDelta", Double.NEGATIVE_INFINITY)
                .build(),
        "box.maxDelta is -Infinity; must be greater than 0");
    refuses(() -> option("box.wieght", 1), "unknown key \"box.wieght\"");
    refuses(() -> option("bax.weight", 1), "unknown key \"bax\"");
    refuses(() -> option("box", 1), "box is 1; must be an object");
    refuses(() -> option("objectness.sortByIou", "yes"), "objectness.sortByIou is \"yes\"");
    refuses(() -> option("reduction.balance", List.of(1.0)), "reduction.balance [1.0]");
    refuses(() -> LossSpec.builder(Preset.YOLOV5).classes(0).build(), "classes is 0");
    refuses(() -> Heads.builder().build(), "heads is empty");
    refuses(() -> Heads.builder().scaleXY(1.1), "add the head first");
    refuses(() -> Heads.builder().head(8, 1, 2, 3), "3 anchor sides; give pairs");
    refuses(() -> Heads.builder().head(8), "0 anchor sides; give pairs");
    refuses(() -> Heads.builder().head(8, Double.NaN, 1).build(), "anchor width is NaN; must be");
    refuses(() -> Heads.builder().head(8, 1, 0).build(), "anchor height is 0.0; must be");
    refuses(() -> Heads.builder().head(0, 1, 1).build(), "stride is 0; must be");
  }

  private static LossSpec option(String path, Object value) {
    return LossSpec.builder(Preset.YOLOV5).option(path, value).build();
  }

  private static void refuses(Runnable attempt, String message) {
    assertThatThrownBy(attempt::run)
        .isInstanceOf(SpecException.class)
        .hasMessageContaining(message);
  }
}
