// Starts the observatory beside a lab, as a process of its own, and hands on to it what the lab's receiver got.
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { LabError } from "./lab-error.ts";

/** The command of the package, as `npx otel-error-tree` finds it. */
const COMMAND = fileURLToPath(new URL("./cli/bin.js", import.meta.resolve("otel-error-tree")));
const ENDS_WITH_PARENT = import.meta.resolve("../ends-with-parent.ts");
const READY = /^The observatory is at (\S+?)\/? /;
/** How often services send their metrics. */
const INTERVAL_MS = 2_000;

/** A running observatory. */
export class Observatory {
  /** Base URL of its page, and of OTLP. */
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** @throws LabError with what it said, if it does not start: the port may be taken */
  static async start(port: number, jaegerUrl: string | undefined): Promise<Observatory> {
    const jaeger = jaegerUrl === undefined ? [] : ["--jaeger", jaegerUrl];
    const args = ["--import", ENDS_WITH_PARENT, COMMAND, "observatory", "--port", String(port), ...jaeger];
    // Ctrl-C is the lab's to handle: what services send when they end shall still arrive.
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: true,
    }) as ChildProcessByStdio<null, Readable, Readable>;
    const problems = text(child.stderr);
    const lines = createInterface(child.stdout);
    const url = await new Promise<string | undefined>((resolve) => {
      lines.on("line", (line) => {
        const [, found] = READY.exec(line) ?? [];
        if (found !== undefined) resolve(found);
      });
      child.once("error", () => resolve(undefined));
      child.once("exit", () => resolve(undefined));
    });
    if (url === undefined) throw new LabError(`the observatory did not start: ${(await problems).trim()}`);
    return new Observatory(url, child);
  }

  /** The variables by which a service sends its metrics there. Its spans go to the lab's backend. */
  get environment(): Readonly<Record<string, string>> {
    return {
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${this.url}/v1/metrics`,
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/protobuf",
      OTEL_METRIC_EXPORT_INTERVAL: String(INTERVAL_MS),
      OTEL_METRIC_EXPORT_TIMEOUT: String(INTERVAL_MS),
    };
  }

  /** Hands on spans, as OTLP in JSON. Whether they arrive is nothing that a lab waits for. */
  forward(json: string): void {
    const headers = { "content-type": "application/json" };
    fetch(`${this.url}/v1/traces`, { method: "POST", headers, body: json }).then(
      (response) => response.body?.cancel(),
      () => {},
    );
  }

  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exit;
  }
}
