// How much work a reading may be, whatever the bytes say.

/** Steps for each byte of a message: text is gone through once; a number is read once and used up to four times. */
export const MOST_STEPS_PER_BYTE = 6;

/** The most steps that the reading of so many bytes may take. */
export function mostSteps(bytes: number): number {
  return MOST_STEPS_PER_BYTE * bytes + 4;
}
