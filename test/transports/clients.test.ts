// Every client on real sockets: a service of ours is asked and believes, a stranger is neither.
import { describe, expect, test } from "vitest";
import { CLIENTS, callTo, clientsOf, type Got, make } from "../support/clients.ts";
import {
  ASKS,
  believes,
  forger,
  STRANGE,
  startAsking,
  treeOfJob,
  troubles,
  unanswering,
} from "../support/strangers.ts";
import { UNDICI } from "../support/undici-versions.ts";

/** Those that need a proxy have tests of their own. */
const NEED_PROXY = /^(?:http\.Agent, proxyEnv|.* ProxyAgent)$/;
const ALL = [
  ...Object.entries(CLIENTS),
  ...Object.entries(UNDICI).flatMap(([version, undici]) =>
    Object.entries(clientsOf(undici)).map(([name, client]) => [`${version} ${name}`, client] as const),
  ),
].filter(([name]) => !NEED_PROXY.test(name));

describe.each(ALL)("%s", (name, client) => {
  const call = (url: string, headers = {}): Promise<Got> => make(client, callTo(url, headers));

  test("asks a service with a token, what it answers counts, and is gone from the response", async () => {
    const parts = startAsking();
    const service = await forger("127.0.0.1", ["x-behind: 1", "x-behind: 2"]);
    let got: Got | undefined;
    const tree = await treeOfJob(parts, async () => {
      got = await call(`http://payment:${service.port}/pay?id=7`);
    });
    expect(service.heads).toHaveLength(1);
    expect(service.heads[0]).toMatch(ASKS);
    expect(believes(tree)).toBe(true);
    expect(troubles(parts)).toEqual({});
    // And nothing of it is left in what the program sees.
    expect(got?.status).toBe(404);
    const fields = JSON.stringify([got?.headers, got?.trailers]);
    expect(fields.toLowerCase()).not.toContain("error-tree");
    expect(fields).toMatch(/vary[":,[\]]*\s*accept"/i);
    expect(fields.toLowerCase()).toContain("x-behind");
  });

  test.each([
    ["by its name", (port: number) => `http://api.example.com:${port}/x`],
    ["by its address", (port: number) => `http://${STRANGE}:${port}/x`],
    ["with a user who is a host", (port: number) => `http://payment:80@api.example.com:${port}/x`],
    ["with a path that names a host", (port: number) => `http://api.example.com:${port}//payment/x`],
    ["with backslashes", (port: number) => `http:\\\\api.example.com:${port}\\payment\\x`],
    ["with a host behind a backslash", (port: number) => `http://api.example.com:${port}\\@payment/x`],
  ])("shows a stranger %s no ask, and does not believe it", async (_, urlOf) => {
    const parts = startAsking();
    const stranger = await forger(STRANGE);
    const url = urlOf(stranger.port);
    const tree = await treeOfJob(parts, () => call(url));
    // Not everyone takes a user or a backslash in a URL.
    if (!/[@\\]/.test(url)) expect(stranger.heads).toHaveLength(1);
    expect(stranger.heads.join().toLowerCase()).not.toContain("x-error-tree");
    expect(believes(tree)).toBe(false);
    expect(troubles(parts)).toEqual({});
  });

  test("shows a stranger no ask to whom a service redirects", async () => {
    const parts = startAsking();
    const stranger = await forger(STRANGE);
    for (const path of ["/x", "//payment/x"]) {
      const location = `location: http://api.example.com:${stranger.port}${path}`;
      const service = await forger("127.0.0.1", [location], 302);
      await treeOfJob(parts, () => call(`http://payment:${service.port}/`));
      expect(service.heads[0]).toMatch(ASKS);
    }
    expect(stranger.heads.join().toLowerCase()).not.toContain("x-error-tree");
  });

  test("believes nobody whom a search domain makes of a name, and asks there no more", async () => {
    const parts = startAsking();
    const stranger = await forger(STRANGE);
    const trees = [];
    for (let i = 0; i < 3; i++) {
      trees.push(await treeOfJob(parts, () => call(`http://wiki:${stranger.port}/`)));
    }
    expect(stranger.heads).toHaveLength(3);
    expect(trees.map(believes)).toEqual([false, false, false]);
    // undici shows the connection before the head is sent, node:http does not.
    const isUndici = /undici|fetch/.test(name) && name !== "node-fetch";
    expect(stranger.heads.map((head) => ASKS.test(head))).toEqual([!isUndici, false, false]);
    expect(troubles(parts)).toEqual(isUndici ? {} : { answers_untrusted: 1 });
  });

  test("asks there no more even if that one hangs up on it", async () => {
    const parts = startAsking();
    const { port, heads } = await unanswering("hangs up", STRANGE);
    for (let i = 0; i < 3; i++) await treeOfJob(parts, () => call(`http://wiki:${port}/`));
    expect(heads.length).toBeGreaterThan(2);
    const isUndici = /undici|fetch/.test(name) && name !== "node-fetch";
    const asked = heads.filter((head) => ASKS.test(head));
    expect(asked).toHaveLength(isUndici ? 0 : 1);
    expect(troubles(parts)).toEqual({});
  });

  test("asks a public address if its name is set", async () => {
    const parts = startAsking(["payment.example.com"]);
    const service = await forger(STRANGE);
    const url = `http://payment.example.com:${service.port}/`;
    const trees = [await treeOfJob(parts, () => call(url)), await treeOfJob(parts, () => call(url))];
    expect(trees.map(believes)).toEqual([true, true]);
    expect(troubles(parts)).toEqual({});
  });

  test("asks nobody whose Host is another party", async () => {
    const parts = startAsking();
    const egress = await forger("127.0.0.1");
    const url = `http://payment:${egress.port}/`;
    const host = { host: "api.example.com" };
    const tree = await treeOfJob(parts, () => call(url, host));
    // fetch does not let a program set it.
    const isSet = /^host: api\.example\.com/im.test(egress.heads[0] ?? "");
    expect(ASKS.test(egress.heads[0] ?? "")).toBe(!isSet);
    expect(believes(tree)).toBe(!isSet);
  });
});
