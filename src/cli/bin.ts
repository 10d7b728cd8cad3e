#!/usr/bin/env node
// Runs the program `otel-error-tree`.
import { main } from "./main.ts";

// A reader that has seen enough (head, less) closes the pipe: that is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 2);
});

process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  env: process.env,
  interrupted: () => {
    const interruption = new AbortController();
    // A second Ctrl-C ends a command that does not react to the first.
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interruption.abort());
    return interruption.signal;
  },
  out: (text) => {
    process.stdout.write(`${text}\n`);
  },
  err: (text) => {
    process.stderr.write(`${text}\n`);
  },
});
