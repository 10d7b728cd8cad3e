// Principle "choice", its first question: does the way to the cause end at this node, by a mistake of the program?
import { type Code, isFault } from "../../spans/code.ts";
import type { Saying } from "../../spans/saying.ts";
import { isJsonText, isMistake, isNetworkText } from "./errors.ts";

/** A failed child, as far as it may explain an error that looks like a mistake. */
export interface Explaining {
  readonly ended: "silent" | "answered" | undefined;
  readonly survived: boolean;
}

/**
 * True for a mistake of the program: an error of such a type on a node with a fault, which no child's error explains. What
 * clients say of the network is none, nor is JSON that was parsed from a failed answer.
 */
export function isOwnMistake(
  says: Saying,
  code: Code,
  namesAnError: boolean,
  children: readonly Explaining[],
): boolean {
  if (!isFault(code) || namesAnError || !says.types.some(isMistake)) return false;
  if (says.texts.some(isNetworkText)) return false;
  const left = children.filter(({ survived }) => !survived);
  // fetch says TypeError to everything.
  if (says.texts.length === 0 && left.some(({ ended }) => ended === "silent")) return false;
  return !(says.texts.some(isJsonText) && left.some(({ ended }) => ended === "answered"));
}
