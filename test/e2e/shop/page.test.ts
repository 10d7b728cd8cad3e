// Who may press the buttons of the shop's page: the page itself and curl, and no page of another site.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Menu, pageOf } from "../../../examples/shop/page.ts";
import type { Shop } from "../../../examples/shop/shop.ts";

const SHOP = { observatoryUrl: "", storefrontUrl: "", jaegerUrl: undefined } as Shop;
const server = http.createServer(pageOf(new Menu(SHOP), SHOP));
let port = 0;
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

async function answered(method: string, path: string, headers: Record<string, string>): Promise<number> {
  const request = http.request({ host: "127.0.0.1", port, agent: false, method, path, headers }).end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

const own = (): Record<string, string> => ({ host: `localhost:${port}`, origin: `http://localhost:${port}` });

test.each(["127.0.0.1", "localhost", "LOCALHOST"])(
  "the page and its buttons are there under %s",
  async (name) => {
    expect(await answered("GET", "/", { host: `${name}:${port}` })).toBe(200);
    expect(await answered("DELETE", "/failures", { ...own(), host: `${name}:${port}` })).toBe(200);
  },
);

// A site can have its own name lead to this machine; its pages then have our origin for their browser.
test.each(["rebound.example", "localhost.rebound.example", "127.0.0.1.rebound.example"])(
  "nothing is there under %s",
  async (name) => {
    const headers = { host: `${name}:${port}`, origin: `http://${name}:${port}` };
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/failures"],
      ["POST", "/failures/constraint"],
      ["DELETE", "/failures"],
    ] as const) {
      expect([method, await answered(method, path, headers)]).toEqual([method, 403]);
    }
  },
);

test("a form of another site presses no button", async () => {
  const headers = { ...own(), origin: "http://other.example" };
  expect(await answered("POST", "/failures/constraint", headers)).toBe(403);
});
