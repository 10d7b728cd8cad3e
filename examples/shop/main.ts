// `npm run shop`: brings and starts everything, prints where it is, and stops all of it again on Ctrl-C.
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { load } from "./load.ts";
import { Menu, pageOf } from "./page.ts";
import { Shop } from "./shop.ts";
import { ShopError, Undo } from "./undo.ts";

const USAGE = `Usage: npm run shop -- [options]

Seven services over HTTP, Kafka, AMQP, gRPC and SQS, with PostgreSQL and Redis, all of them real, on free ports; a page on which
failures are switched on; the observatory; and Jaeger, if npm run tools has brought it. It takes a minute, and some five minutes
more if servers have to be brought first. Ctrl-C stops all of it, and nothing is left. See examples/shop/README.md.

  --port PORT     of the shop's page (default: any free port)
  --every MS      time between two orders of the gentle load, 0: no load (default: 1000)
  --help          print this
`;
const INTERRUPTED = 130;
const STARTING = "The shop is starting. Try again in half a minute.\n";

// A terminal that was closed takes no more lines, and everything is to be stopped all the same.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
const undo = new Undo();
process.exitCode = await Promise.race([main(), untilInterrupted(), untilBroken()]).catch(
  (error: Error & { code?: string }) => {
    process.stderr.write(`${error.code === "SHOP" ? `shop: ${error.message}` : error.stack}\n`);
    return 1;
  },
);
await undo.all();
process.exit();

async function main(): Promise<number> {
  const { port, every, help } = readOptions();
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  let answer: RequestListener = (_, response) => void response.writeHead(503).end(STARTING);
  // A port that is taken is said at once, not when all has been started.
  const page = await listen((request, response) => answer(request, response), port);
  const start = performance.now();
  const shop = await Shop.start(undo, (text) => {
    if (undo.isOver) return;
    process.stderr.write(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
  });
  answer = pageOf(new Menu(shop), shop);
  const end = new AbortController();
  undo.add(() => end.abort());
  if (every > 0) void load(shop, every, end.signal);
  print(shop, `http://127.0.0.1:${(page.address() as AddressInfo).port}`);
  await new Promise(() => {});
  return 0;
}

function readOptions(): { port: number; every: number; help: boolean } {
  const options = { port: { type: "string" }, every: { type: "string" }, help: { type: "boolean" } } as const;
  try {
    const { port = "0", every = "1000", help = false } = parseArgs({ options }).values;
    return {
      port: wholeNumber("--port", port, 65_535),
      every: wholeNumber("--every", every, 3_600_000),
      help,
    };
  } catch (error) {
    throw new ShopError(`${(error as Error).message} (--help tells the options)`);
  }
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= most) return number;
  throw new ShopError(`${option} must be a whole number from 0 to ${most}, got "${text}"`);
}

async function listen(answer: RequestListener, port: number): Promise<Server> {
  const page = createServer(answer).listen(port, "127.0.0.1");
  undo.add(() => {
    page.close();
    page.closeAllConnections();
  });
  try {
    await once(page, "listening");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ShopError(
      code === "EADDRINUSE" ? `port ${port} is in use; without --port the shop takes a free one` : message,
    );
  }
  return page;
}

function print({ observatoryUrl, storefrontUrl, jaegerUrl }: Shop, url: string): void {
  process.stdout.write(`
  the shop      ${url}/  (a button for each failure)
  observatory   ${observatoryUrl}/
  Jaeger        ${jaegerUrl === undefined ? "not here: npm run tools -- --only jaeger" : `${jaegerUrl}/  (query API; a Jaeger that is built here has no page)`}
  storefront    ${storefrontUrl}/orders

  curl ${url}/failures                            what can go wrong
  curl -X POST ${url}/failures/expired-token      switches it on, orders something, and says what became of it
  curl -X DELETE ${url}/failures                  all is well again
  curl -si ${storefrontUrl}/orders -H 'content-type: application/json' -H 'x-error-tree: v=1, f=json' -d '{"quantity": 500}'

Ctrl-C stops everything.
`);
}

function untilInterrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
      process.on(signal, () => {
        if (!undo.isOver) process.stderr.write("\nstopping everything: a few seconds\n");
        resolve(INTERRUPTED);
      });
  });
}

/** What nobody caught must not leave processes running. */
function untilBroken(): Promise<never> {
  return new Promise((_, reject) => {
    process.on("uncaughtException", reject);
  });
}
