// The command line run inside the test's process.
import { Readable } from "node:stream";
import { main } from "../../src/cli/main.ts";

/** What a run printed, and how it ended. */
export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `error-tree` with these arguments and this standard input. */
export async function runCli(
  args: readonly string[],
  input: string | Buffer | readonly Buffer[] = "",
  columns?: number,
): Promise<CliRun> {
  const out: string[] = [];
  const err: string[] = [];
  const chunks = Array.isArray(input) ? input : [Buffer.from(input as string)];
  const code = await main(args, {
    stdin: Readable.from(chunks),
    columns,
    env: {},
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
