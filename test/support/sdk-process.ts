// A service in a process of its own, under a NodeSDK with the stock instrumentations.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const REGISTER = new URL("./sdk-register.ts", import.meta.url).href;

/** A service that runs until it is stopped. */
export interface ServiceProcess {
  readonly port: number;
  readonly url: string;
  /** Ends the process; rejects where it wrote anything. */
  stop(): Promise<void>;
}

/** Starts a program of a test as a service; resolves when it listens. */
export async function startService(program: URL, name: string): Promise<ServiceProcess> {
  const child = fork(fileURLToPath(program), {
    // http-proxy is old; what it says about itself is nothing to us.
    execArgv: ["--import", REGISTER, "--no-deprecation"],
    env: { ...process.env, SERVICE_NAME: name, OTEL_TRACES_EXPORTER: "none" },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let problems = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (text) => {
      problems += text;
    });
  }
  // "close" never comes where the test ends the channel.
  const exited = once(child, "exit");
  const port = await Promise.race([
    once(child, "message").then(([message]) => message as number),
    exited.then(() => {
      throw new Error(`${name} ended without listening: ${problems}`);
    }),
  ]);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
      if (problems !== "") throw new Error(`${name} wrote: ${problems}`);
    },
  };
}
