// Prints the stacks of errors that are thrown in the ways in which programs throw them, one JSON array.
interface Order {
  readonly id: number;
}

const stacks: Record<string, string | undefined> = {};

async function stackOf(name: string, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    stacks[name] = (error as Error).stack;
  }
}

async function pay(order: Order): Promise<never> {
  await null;
  throw new TypeError(`order ${order.id}`);
}

await stackOf("arrow", () => {
  throw new Error("arrow");
});
await stackOf("callback", () =>
  [1].map(() => {
    throw new Error("callback");
  }),
);
await stackOf("async", async () => {
  await pay({ id: 1 });
});
await stackOf("all", () => Promise.all([pay({ id: 2 })]));
await stackOf(
  "executor",
  () =>
    new Promise<Order>(() => {
      throw new Error("executor");
    }),
);
await stackOf("parse", () => JSON.parse("{"));
// biome-ignore lint/security/noGlobalEval: a frame whose place is in a text
await stackOf("eval", () => globalThis.eval("throw new Error('eval')"));
process.stdout.write(JSON.stringify(stacks));
