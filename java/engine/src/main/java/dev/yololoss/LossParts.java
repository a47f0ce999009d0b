package dev.yololoss;

/**
 * A loss and its parts, weights and reduction included. Parts per layer and per image are additive
 * shares of the call's total.
 *
 * @param box the box terms
 * @param objectness the objectness terms
 * @param classification the class terms
 */
public record LossParts(double box, double objectness, double classification) {
  /** The sum of the parts. */
  public double total() {
    return box + objectness + classification;
  }
}
