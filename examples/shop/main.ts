// `npm run shop`: brings and starts everything, prints where it is, and stops all of it again on Ctrl-C.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { load } from "./load.ts";
import { Menu, servePage } from "./page.ts";
import { Shop } from "./shop.ts";
import { Undo } from "./undo.ts";

const USAGE = `Usage: npm run shop -- [options]

Seven services over HTTP, Kafka, AMQP, gRPC and SQS, with PostgreSQL and Redis, all of them real, on free ports; a page on which
failures are switched on; the observatory; and Jaeger, if npm run tools has brought it. It takes a minute, and some five minutes
more if servers have to be brought first. Ctrl-C stops all of it, and nothing is left. See examples/shop/README.md.

  --port PORT     of the shop's page (default: any free port)
  --every MS      time between two orders of the gentle load, 0: no load (default: 1000)
  --help          print this
`;
const INTERRUPTED = 130;

const undo = new Undo();
process.exitCode = await Promise.race([main(), untilInterrupted()]).catch(
  (error: Error & { code?: string }) => {
    process.stderr.write(`${error.code === "SHOP" ? `shop: ${error.message}` : error.stack}\n`);
    return 1;
  },
);
await undo.all();
process.exit();

async function main(): Promise<number> {
  const options = { port: { type: "string" }, every: { type: "string" }, help: { type: "boolean" } } as const;
  const { port = "0", every = "1000", help = false } = parseArgs({ options }).values;
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const start = performance.now();
  const shop = await Shop.start(undo, (text) => {
    process.stderr.write(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
  });
  const page = servePage(new Menu(shop), shop).listen(Number(port), "127.0.0.1");
  await once(page, "listening");
  undo.add(() => {
    page.close();
    page.closeAllConnections();
  });
  const end = new AbortController();
  undo.add(() => end.abort());
  if (Number(every) > 0) void load(shop, Number(every), end.signal);
  print(shop, `http://127.0.0.1:${(page.address() as AddressInfo).port}`);
  await new Promise(() => {});
  return 0;
}

function print({ observatoryUrl, storefrontUrl, jaegerUrl }: Shop, url: string): void {
  process.stdout.write(`
  the shop      ${url}/  (a button for each failure)
  observatory   ${observatoryUrl}/
  Jaeger        ${jaegerUrl === undefined ? "not here: npm run tools -- --only jaeger" : `${jaegerUrl}/  (query API; its page, if this build has one)`}
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
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve(INTERRUPTED));
  });
}
