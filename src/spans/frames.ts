// Finds the top frames of the program's own code in a stack trace.
import { foreignFrames } from "./foreign-frames.ts";

const MOST_FRAMES = 5;
const LONGEST_STACK = 16_384;
/** An error of Java tells its innermost cause last. */
const LONGEST_FOREIGN_STACK = 65_536;
const LONGEST_FRAME = 200;

/**
 * The frames of the program's own code in a stack trace, innermost first, at most five: no packages, nothing of the
 * runtime. Paths of V8 lose the working directory that they share with `base`, and the scheme `file://`.
 *
 * @param stack - text of `error.stack`, or a stack trace of another language
 * @param base - directory that paths are made relative to
 */
export function framesOf(stack: string | undefined, base: string = workingDirectory()): string[] {
  const frames: string[] = [];
  if (stack === undefined) return frames;
  let isV8 = false;
  for (const line of stack.slice(0, LONGEST_STACK).split("\n")) {
    const frame = line.trimStart();
    if (!frame.startsWith("at ")) continue;
    if (!/:\d+:\d+\)?$/.test(frame)) continue;
    isV8 = true;
    if (/node_modules|\bnode:|<anonymous>|\bnative\b/.test(frame)) continue;
    frames.push(frame.slice(3).replace("file://", "").replace(`${base}/`, "").slice(0, LONGEST_FRAME));
    if (frames.length === MOST_FRAMES) break;
  }
  if (isV8) return frames;
  return foreignFrames(stack.slice(0, LONGEST_FOREIGN_STACK), MOST_FRAMES).map((frame) =>
    frame.slice(0, LONGEST_FRAME),
  );
}

function workingDirectory(): string {
  return typeof process === "undefined" ? "" : process.cwd();
}
