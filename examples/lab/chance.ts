// Which requests fail at random: decided by a hash, so that a run with the same seed fails in the same places.
import { createHash } from "node:crypto";

/** A number from 0 (included) to 1 (excluded) that depends on nothing but the arguments. */
export function chanceOf(seed: number, service: string, requestId: string, call: string): number {
  const hash = createHash("sha256").update(JSON.stringify([seed, service, requestId, call]));
  return hash.digest().readUInt32BE(0) / 2 ** 32;
}
