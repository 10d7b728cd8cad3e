// Watching gRPC beside others: several copies of grpc-js, both ways at once, other wrappers, broken set-ups.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type * as Grpc from "@grpc/grpc-js";
import { afterAll, expect, test } from "vitest";
import { clientInterceptor, installGrpc, serverInterceptor } from "../../../src/transports/grpc/install.ts";
import { joinGrpc } from "../../../src/transports/grpc/side.ts";
import { callGrpc, grpcJs, rawCall, serveGrpc } from "../../support/grpc.ts";
import { startParts } from "../../support/sdk-parts.ts";
import { treeOfJob } from "../../support/strangers.ts";

const ASK = {
  "x-error-tree": 'v=1, id="00f067aa0ba902b7", from="test"',
  traceparent: `00-${"a".repeat(32)}-00f067aa0ba902b7-00`,
};
const folder = mkdtempSync(join(tmpdir(), "grpc-copy-"));

afterAll(() => rmSync(folder, { recursive: true }));

/** Another copy of grpc-js, as a package of its own dependencies brings it. */
function anotherCopy(): typeof Grpc {
  const require = createRequire(import.meta.url);
  const at = dirname(require.resolve("@grpc/grpc-js/package.json"));
  cpSync(at, join(folder, "node_modules/@grpc/grpc-js"), { recursive: true });
  for (const name of [
    "@grpc/proto-loader",
    "@js-sdsl/ordered-map",
    "lodash.camelcase",
    "long",
    "protobufjs",
  ]) {
    try {
      cpSync(join(at, "../..", name), join(folder, "node_modules", name), { recursive: true });
    } catch {
      // Not every version has it.
    }
  }
  return createRequire(join(folder, "main.js"))("@grpc/grpc-js") as typeof Grpc;
}

test("installed twice, and with interceptors besides, every call is answered once", async () => {
  const parts = startParts();
  installGrpc(grpcJs());
  installGrpc(grpcJs());
  const port = await serveGrpc(
    { unary: (_, callback) => callback({ code: 5, details: "no such cart" }) },
    { interceptors: [serverInterceptor as never, serverInterceptor as never] },
  );
  const got = await rawCall(port, ASK);
  expect(`${got["x-error-tree-bin"]}`).not.toContain(",");
  const tree = await treeOfJob(parts, () =>
    callGrpc(`127.0.0.1:${port}`, { channel: { interceptors: [clientInterceptor as never] } }),
  );
  expect(tree?.root.children).toMatchObject([{ code: "not-found", message: "no such cart", count: 1 }]);
  expect(parts.health.snapshot()).toEqual({});
});

test("a second copy of grpc-js is watched by itself", () => {
  const copy = anotherCopy();
  expect(copy.Channel).not.toBe(grpcJs().Channel);
  const { createCall } = copy.Channel.prototype;
  installGrpc(copy);
  expect(copy.Channel.prototype.createCall).not.toBe(createCall);
  const { createCall: once } = copy.Channel.prototype;
  installGrpc(copy);
  expect(copy.Channel.prototype.createCall).toBe(once);
});

test.each([undefined, null, 7, {}, { Server: {} }, { Channel: null }, { Server: { prototype: null } }])(
  "%j is no grpc-js, and nothing happens",
  (grpc) => {
    expect(() => installGrpc(grpc)).not.toThrow();
  },
);

test("wrappers of others, before and after, still see every call", async () => {
  const parts = startParts();
  const grpc = grpcJs();
  const seen: string[] = [];
  const { register } = grpc.Server.prototype;
  grpc.Server.prototype.register = function (name, handler, ...rest) {
    const counted = (...args: unknown[]): unknown => {
      seen.push(name);
      return (handler as (...args: unknown[]) => unknown)(...args);
    };
    return (register as (...args: unknown[]) => boolean).call(this, name, counted, ...rest);
  };
  installGrpc(grpc);
  const port = await serveGrpc({ unary: (_, callback) => callback({ code: 5, details: "" }) });
  grpc.Server.prototype.register = register;
  const tree = await treeOfJob(parts, () => callGrpc(`127.0.0.1:${port}`));
  expect(seen).toEqual(["/shop.Cart/unary"]);
  expect(tree?.root.children).toMatchObject([{ code: "not-found" }]);
});

test("a set-up that throws everywhere harms no call", async () => {
  startParts();
  installGrpc(grpcJs());
  const broken = (): never => {
    throw new Error("broken");
  };
  const leave = joinGrpc({
    begin: () => ({ handlerFailed: broken, answering: broken, answer: broken, over: broken }),
    callFor: broken,
    askFor: broken,
    answered: broken,
    failedCall: broken,
    failed: broken,
  });
  try {
    const port = await serveGrpc({
      unary: (call, callback) =>
        call.request === "x" ? callback({ code: 5, details: "no such cart" }) : callback(null, "well"),
    });
    expect(await callGrpc(`127.0.0.1:${port}`)).toMatchObject({ code: 5, details: "no such cart" });
    expect(await callGrpc(`127.0.0.1:${port}`, { message: "y" })).toMatchObject({
      code: 0,
      messages: ["well"],
    });
  } finally {
    leave();
  }
});

test("after the last set-up has ended asks are still hidden, and calls are as they were", async () => {
  installGrpc(grpcJs());
  let seen = "";
  const port = await serveGrpc({
    unary: (call, callback) => {
      seen = JSON.stringify(call.metadata.toJSON());
      callback({ code: 5, details: "no such cart" });
    },
  });
  expect(await rawCall(port, ASK)).toMatchObject({ "grpc-status": "5" });
  expect(seen).toContain("traceparent");
  expect(seen).not.toContain("error-tree");
});
