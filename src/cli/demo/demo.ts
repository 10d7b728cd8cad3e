// Runs `otel-error-tree demo`: a failure as its user sees it, the same with its tree, and how often sampling would have kept it.
import { Agent } from "node:http";
import { verdictOf } from "../../tree/tree.ts";
import { painter } from "../print/paint.ts";
import type { Output } from "../print/trace-printer.ts";
import { treeToText } from "../print/tree-text.ts";
import { FAULTS } from "./faults.ts";
import { ASK, placeOrder } from "./order.ts";
import { type Services, startServices } from "./services.ts";

/** How the demo prints. */
export interface DemoOptions {
  readonly colour: boolean;
  readonly width: number;
}

/** How long the same request is sent again and again, and by how many at a time. */
const REPEATED_MS = 800;
const AT_A_TIME = 8;

/** Prints it; returns the exit code: 0 if the services did as they should. */
export async function demo(options: DemoOptions, output: Output): Promise<number> {
  const services = await startServices();
  try {
    return await tell(services, options, output);
  } finally {
    await services.stop();
  }
}

async function tell(services: Services, { colour, width }: DemoOptions, output: Output): Promise<number> {
  const paint = painter(colour);
  const say = (text = ""): void => output.out(text);
  const [fault] = FAULTS;
  const url = `${services.url}?fault=${fault.key}`;
  const seen = await placeOrder(url, { asks: false });
  const asked = await placeOrder(url, { asks: true });
  if (asked.tree === undefined) throw new Error(`the checkout answered ${asked.status} without a tree`);
  say("Three services run here, each a process of its own: checkout -> payment -> bank.");
  say("They use the OpenTelemetry SDK, and head sampling keeps 1 % of the traces.");
  say();
  say(paint("bold", `$ curl -i -X POST '${url}'`));
  say(`HTTP/1.1 ${paint("red", seen.status)}`);
  say(seen.body);
  say();
  say("That is all its user sees. A trusted caller asks for more, with one header:");
  say();
  say(paint("bold", `$ curl -si -X POST -H 'x-error-tree: ${ASK}' '${url}' | otel-error-tree render`));
  say(treeToText(asked.tree, { colour, width }));
  say();
  say("The bank's error quotes the URL of its database. The password was taken out before it left the bank.");
  say(
    "Drift is a code that changed on its way up: from its answer alone nobody can tell what went wrong at the bank.",
  );
  say();
  const { failed, withTree, seconds } = await repeat(url);
  const orders = failed + 2;
  const { sampled, exported, represented } = await services.left();
  say(
    `The same order again and again, for ${seconds.toFixed(1)} s: ${failed} failed, and ${withTree} answers had their tree.`,
  );
  say(
    `Counted in checkout: of all ${orders} traces the SDK's own sampler at 1 % has kept ${sampled}; ` +
      `${orders - sampled} failures would have left nothing.`,
  );
  say(
    `Exported are ${exported} whole traces, which stand for ${represented} failed orders (error_tree.represents): ` +
      "the first ones of a kind, then one every ten seconds.",
  );
  say();
  say(`Try the others, in a browser: ${paint("bold", "npx otel-error-tree demo --live")}`);
  return 0;
}

interface Repeated {
  readonly failed: number;
  readonly withTree: number;
  readonly seconds: number;
}

/** Sends the same request for a while, and looks at each answer. */
async function repeat(url: string): Promise<Repeated> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_A_TIME });
  const start = performance.now();
  let failed = 0;
  let withTree = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - start < REPEATED_MS) {
      const { status, tree } = await placeOrder(url, { asks: true, agent });
      if (status.startsWith("500")) failed++;
      if (tree !== undefined && verdictOf(tree.root) === "failed") withTree++;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, client));
  agent.destroy();
  return { failed, withTree, seconds: (performance.now() - start) / 1000 };
}
