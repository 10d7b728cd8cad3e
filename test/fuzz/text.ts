// Texts with faults: pieces put in, cut out, doubled, moved.
import type { Random } from "../support/random.ts";

/** A text with a few faults; `pieces` are what is likely to break its readers. */
export function changedText(
  text: string,
  pieces: readonly string[],
  others: readonly string[],
  random: Random,
): string {
  let changed = text;
  for (let faults = random.below(4); faults > 0; faults--) {
    const at = random.below(changed.length + 1);
    const end = at + random.below(random.pick([2, 8, 64]));
    changed =
      changed.slice(0, at) + piece(pieces, others, random) + changed.slice(random.below(2) === 0 ? at : end);
  }
  return changed.slice(0, 4096);
}

function piece(pieces: readonly string[], others: readonly string[], random: Random): string {
  const how = random.below(6);
  if (how === 0) return "";
  if (how === 1) return String.fromCharCode(random.below(random.pick([128, 256, 0x10000])));
  if (how === 2) return random.pick(pieces).repeat(random.below(random.pick([3, 400])));
  if (how > 3) return random.pick(pieces);
  const other = random.pick(others);
  const from = random.below(other.length);
  return other.slice(from, from + random.below(80));
}

/** Any characters at all. */
export function randomText(random: Random): string {
  const most = random.pick([128, 256, 0x10000]);
  return Array.from({ length: random.below(200) }, () => String.fromCharCode(random.below(most))).join("");
}
