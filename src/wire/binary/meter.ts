// Counts what the reading of a tree takes.

/**
 * The work of a reading: one step per field, number, node, string and byte of text, in every loop there is. It must
 * follow from the bytes alone, whatever they say.
 */
export interface Meter {
  steps: number;
}
