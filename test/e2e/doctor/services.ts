// Services for the doctor, each a process of its own whose log is read.
import { fork } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Undo } from "../../../collector-config/program/undo.ts";

const PROGRAM = fileURLToPath(new URL("./programs/service.ts", import.meta.url));
const OTEL = new URL("./programs/otel.ts", import.meta.url).href;
const LINE_TIMEOUT_MS = 20_000;

/** A service that runs until it is undone. */
export interface ExaminedService {
  readonly port: number;
  readonly url: string;
  /** The lines of its log that hold `text`, as soon as there is one. */
  logged(text: string): Promise<readonly string[]>;
}

/** Starts a service under the stock SDK; `env` says whom it trusts, which is nobody where nothing is said. */
export async function startExamined(
  name: string,
  env: Readonly<Record<string, string>>,
  undo: Undo,
): Promise<ExaminedService> {
  const child = fork(PROGRAM, {
    execArgv: ["--import", OTEL],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: {
      PATH: process.env.PATH,
      SERVICE_NAME: name,
      OTEL_LOG_LEVEL: "warn",
      OTEL_TRACES_EXPORTER: "none",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
      ...env,
    },
  });
  const exited = once(child, "exit");
  await undo.add(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  let log = "";
  const stderr = child.stderr as Readable;
  stderr.on("data", (chunk: Buffer) => {
    log += chunk;
  });
  const port = await Promise.race([
    once(child, "message").then(([message]) => message as number),
    exited.then(() => {
      throw new Error(`${name} ended without listening: ${log}`);
    }),
  ]);
  const linesWith = (text: string): string[] => log.split("\n").filter((line) => line.includes(text));
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async logged(text) {
      const signal = AbortSignal.timeout(LINE_TIMEOUT_MS);
      while (linesWith(text).length === 0) {
        await once(stderr, "data", { signal }).catch(() => {
          throw new Error(`${name} logged nothing with "${text}": ${log}`);
        });
      }
      return linesWith(text);
    },
  };
}
