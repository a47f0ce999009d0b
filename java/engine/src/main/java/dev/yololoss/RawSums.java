package dev.yololoss;

/**
 * A layer's sums before any weight and reduction, as the originals log them. What a preset does not
 * have is 0.
 *
 * @param xy centre errors of the matches
 * @param wh size errors of the matches, before the factors 1/2 or 1/10 that some losses put before
 *     them
 * @param overlap 1 - overlap of the matches
 * @param objectnessOnMatches objectness errors of matched slots
 * @param objectnessElsewhere objectness errors of the slots that pay without a match
 * @param classification class errors of the matches
 */
public record RawSums(
    double xy,
    double wh,
    double overlap,
    double objectnessOnMatches,
    double objectnessElsewhere,
    double classification) {}
