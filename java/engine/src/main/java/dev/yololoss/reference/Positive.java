package dev.yololoss.reference;

/**
 * A target and a slot that is responsible for it.
 *
 * @param target the row of the targets
 * @param category the target's class
 * @param layer the head
 * @param image the image
 * @param slot the slot within the head
 * @param truth the target in the unit of the boxes
 */
record Positive(int target, int category, int layer, int image, int slot, Box truth) {}
