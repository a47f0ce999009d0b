/** The loss engine: every loss of the YOLO family with its gradient, in one call. */
module dev.yololoss {
  requires com.fasterxml.jackson.databind;
  requires transitive jcuda;

  exports dev.yololoss;
  exports dev.yololoss.spec;
}
