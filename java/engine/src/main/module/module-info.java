/** The loss engine: every loss of the YOLO family with its gradient, in one call. */
module dev.yololoss {
  requires com.fasterxml.jackson.databind;
  requires transitive jcuda;
  requires java.logging; // JCuda logs, and a jar without a descriptor cannot ask for it

  exports dev.yololoss;
  exports dev.yololoss.spec;

  opens dev.yololoss.spec to
      com.fasterxml.jackson.databind;
}
