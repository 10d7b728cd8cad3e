// Finds the top frames of the program's own code in a stack trace.
import { foreignFrames } from "./foreign-frames.ts";

const MOST_FRAMES = 5;
const LONGEST_STACK = 16_384;
/** An error of Java has its innermost cause last. */
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
    const frame = line.trim();
    if (!frame.startsWith("at ")) continue;
    if (!/:\d+:\d+\)?$/.test(frame)) continue;
    isV8 = true;
    const own = ownFrame(frame.slice(3));
    if (own === undefined) continue;
    frames.push(own.replace("file://", "").replace(`${base}/`, "").slice(0, LONGEST_FRAME));
    if (frames.length === MOST_FRAMES) break;
  }
  if (isV8) return frames;
  return foreignFrames(stack.slice(0, LONGEST_FOREIGN_STACK), MOST_FRAMES).map((frame) =>
    frame.slice(0, LONGEST_FRAME),
  );
}

/**
 * A frame of V8 without its `at`; `undefined` if its place is not in the program's own code. A function without a name is left
 * out: with source maps V8 writes `<anonymous> (/app/a.ts:3:9)` for what is `/app/a.js:3:9` without them.
 */
function ownFrame(frame: string): string | undefined {
  const at = placeAt(frame);
  const place = frame.slice(at, at === 0 ? undefined : -1).replace(/^async /, "");
  if (FOREIGN.test(place)) return undefined;
  return frame.startsWith("<anonymous> (") || frame.startsWith("async <anonymous> (")
    ? frame.slice(0, frame.startsWith("async ") ? 6 : 0) + place
    : frame;
}

/** Places in packages, in the runtime, in the C++ of V8, and in code that was made of a text. */
const FOREIGN = /[\\/]node_modules[\\/]|^(?:node|ext):|^native\b|<anonymous>(?::\d+)*$/;

/** Where the place of a frame begins: behind the bracket that its last one closes, else at its beginning. */
function placeAt(frame: string): number {
  if (!frame.endsWith(")")) return 0;
  let open = 0;
  for (let i = frame.length - 1; i >= 0; i--) {
    if (frame[i] === ")") open++;
    else if (frame[i] === "(" && --open === 0) return i + 1;
  }
  return 0;
}

function workingDirectory(): string {
  return typeof process === "undefined" ? "" : process.cwd();
}
