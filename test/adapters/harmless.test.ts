// Under register nothing is different for a program on Hono, Koa or Express, except that errors are told.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { errorTree } from "otel-error-tree/koa";
import { beforeAll, expect, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("./programs/harmless.ts", import.meta.url));

interface Told {
  readonly seen: unknown;
  readonly trees: Readonly<Record<string, string>>;
}

async function run(...args: string[]): Promise<Told> {
  const { stdout } = await promisify(execFile)(process.execPath, [...args, PROGRAM], {
    env: {
      ...process.env,
      NODE_ENV: "test",
      OTEL_ERROR_TREE_TRUST: "loopback",
      // That of Koa puts functions of its own into the place of middlewares, that of Express takes `next(false)` for an error.
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: "koa,express",
      OTEL_TRACES_EXPORTER: "none",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
    },
  });
  return JSON.parse(stdout.trim().split("\n").at(-1) as string) as Told;
}

let plain: Told;
let observed: Told;
beforeAll(async () => {
  [plain, observed] = await Promise.all([run(), run("--import", "otel-error-tree/register")]);
});

test("what a program sees of its framework is the same", () => {
  expect(plain.trees).toEqual({});
  expect(observed.seen).toEqual(plain.seen);
  expect(plain.seen).toMatchObject({ rejections: ["floating", "Error: floating"] });
});

test("errors are told, and nothing else is taken for one", () => {
  expect(observed.trees).toMatchObject({
    "/koa/throws": "thrown",
    "/koa/caught": "caught",
    "/express/error": "handed on",
    "/express/param/7": "of a parameter",
  });
  for (const name of ["no", "empty", "zero", "route", "router", "throws-zero"])
    expect(observed.trees).toHaveProperty([`/express/${name}`], "");
});

test("koa by hand: what is no promise stays what it is, and an error passes", async () => {
  const adapter = errorTree();
  expect(adapter({}, () => undefined as never)).toBeUndefined();
  expect(() =>
    adapter({}, () => {
      throw new Error("thrown");
    }),
  ).toThrow("thrown");
  await expect(adapter({}, () => Promise.reject(new Error("rejected")))).rejects.toThrow("rejected");
});
