// Starts the three services of the demo, each a process of its own, and ends them.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The services of the demo while they run. */
export interface Services {
  /** Where an order is placed. */
  readonly url: string;
  /** What was exported of the requests so far. */
  left(): Promise<Left>;
  stop(): Promise<void>;
}

/** See `Left` in src/demo/sdk.ts: it comes from the process of checkout. */
interface Left {
  readonly sampled: number;
  readonly exported: number;
  readonly represented: number;
}

/** In the order of the calls. */
const NAMES = ["checkout", "payment", "bank"] as const;
/** What stands in the environment of whoever tries the demo must not change it. */
const ENVIRONMENT = { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot };

/** Starts them on free ports of the loopback. */
export async function startServices(): Promise<Services> {
  // A checkout of the repository runs the sources.
  const type = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const children = NAMES.map((name) => {
    const program = fileURLToPath(new URL(`../../demo/${name}.${type}`, import.meta.url));
    return fork(program, { env: ENVIRONMENT, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  });
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(end));
  };
  try {
    const urls = await Promise.all(children.map(async (child) => (await told<Started>(child)).url));
    children.forEach((child, i) => {
      child.send({ next: urls[i + 1] ?? "" });
    });
    const [checkout] = children as [ChildProcess];
    return {
      url: urls[0] as string,
      stop,
      async left() {
        checkout.send({ count: true });
        return (await told<{ readonly left: Left }>(checkout)).left;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Started {
  readonly url: string;
}

/** What a service says next. */
async function told<Message>(child: ChildProcess): Promise<Message> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`a service of the demo ended with exit code ${code}`);
  });
  const [message] = await Promise.race([once(child, "message"), ended]);
  return message as Message;
}

/** A service ends with its channel. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  if (child.connected) child.disconnect();
  else child.kill();
  await ended;
}
