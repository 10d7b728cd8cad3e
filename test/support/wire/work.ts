// How much work a reading may be, whatever the bytes say.
import { MAX_EXPANSION } from "../../../src/codec/limits.ts";

/**
 * Steps for each byte of a message: text is gone through twice (unpacked, then cut into strings), each byte of it at most
 * so many times as long; a number is read once and used up to three times.
 */
export const MOST_STEPS_PER_BYTE: number = 2 * MAX_EXPANSION + 4;

/** The most steps that the reading of so many bytes may take. */
export function mostSteps(bytes: number): number {
  return MOST_STEPS_PER_BYTE * bytes + 4;
}
