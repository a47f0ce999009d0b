package dev.yololoss.trainer.data;

import java.util.List;

/**
 * Images ready for the network, and their labels.
 *
 * @param images how many, at least 1
 * @param size side of the network input, in pixels
 * @param pixels [images, 3, size, size]: red, green, blue in 0..1; belongs to the receiver
 * @param boxes per image, normalised to the network input; each box of an image that was not moved
 *     is there even if it reaches past the image
 * @param labels per image, for each of its boxes its place in the source's list of boxes
 * @param sources per image, what it was made from; {@link Letterbox} maps its boxes back
 */
public record Batch(
    int images,
    int size,
    float[] pixels,
    List<List<LabelledBox>> boxes,
    List<List<Integer>> labels,
    List<LabelledImage> sources) {}
