// The frame of an end-to-end program: its exit code, its errors, and that nothing it started outlives it.
import { Undo } from "./undo.ts";

const INTERRUPTED = 130;
/** Codes of errors that say what a person can do: a program's own, the lab's, and those of processes that ended. */
const EXPLAINED = ["RUN", "LAB", "BENCH"];

/** Runs a program to its exit code; all that it has put into `undo` is undone, however the end comes. */
export async function runProgram(
  run: (undo: Undo) => Promise<number>,
  printProblem: (text: string) => void,
): Promise<number> {
  const undo = new Undo();
  try {
    const exitCode = await Promise.race([run(undo), untilInterrupted(), untilBroken()]);
    await undo.all();
    return exitCode;
  } catch (error) {
    const { code = "", message, stack } = error as Error & { readonly code?: string };
    printProblem(EXPLAINED.includes(code) ? message : String(stack));
    await undo.all().catch(() => {});
    return 1;
  }
}

function untilInterrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve(INTERRUPTED));
  });
}

/** What nobody caught, as when somebody reads the head of a table alone, must not leave processes running. */
function untilBroken(): Promise<never> {
  return new Promise((_, reject) => {
    process.on("uncaughtException", reject);
  });
}
