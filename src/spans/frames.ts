// Finds the top frames of the program's own code in a stack trace.

const MOST_FRAMES = 5;
const LONGEST_STACK = 16_384;
const LONGEST_FRAME = 200;

/**
 * The frames of the program's own code in a V8 stack trace, innermost first, at most five: no packages, nothing of the
 * runtime. Paths lose the working directory that they share with `base`, and the scheme `file://`.
 *
 * @param stack - text of `error.stack`; a stack of another language gives no frames
 * @param base - directory that paths are made relative to
 */
export function framesOf(stack: string | undefined, base: string = workingDirectory()): string[] {
  const frames: string[] = [];
  if (stack === undefined) return frames;
  for (const line of stack.slice(0, LONGEST_STACK).split("\n")) {
    const frame = line.trimStart();
    if (!frame.startsWith("at ")) continue;
    if (/node_modules|\bnode:|<anonymous>|\bnative\b/.test(frame)) continue;
    if (!/:\d+:\d+\)?$/.test(frame)) continue;
    frames.push(frame.slice(3).replace("file://", "").replace(`${base}/`, "").slice(0, LONGEST_FRAME));
    if (frames.length === MOST_FRAMES) break;
  }
  return frames;
}

function workingDirectory(): string {
  return typeof process === "undefined" ? "" : process.cwd();
}
