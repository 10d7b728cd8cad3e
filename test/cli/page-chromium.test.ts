// The page of `render --html` in a real Chromium: drawn, silent, alone, and moved through by keys.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pageOf } from "../../src/cli/page/page.ts";
import { drawTree } from "../../src/draw/tree-svg.ts";
import { countNodes, type ErrorTree } from "../../src/tree/tree.ts";
import { hostileTrees } from "../draw/hostile.ts";
import { node } from "../support/nodes.ts";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const CHROMIUM = PLACES.find((place) => existsSync(place));
const WHY = CHROMIUM === undefined ? ` (skipped: none of ${PLACES.join(", ")} is there)` : "";
/** Where to put pictures of the page for docs/; none are taken without. */
const PICTURES = process.env.PAGE_PICTURES;

const TREE: ErrorTree = {
  traceId: "5b8efff798038103d269b633813fc60c",
  omitted: 0,
  root: node(
    "shop",
    {
      operation: "POST /orders",
      message: "order 4711 could not be placed",
      errorType: "OrderError",
      spanId: "00000000000000a1",
    },
    node("mail", {
      operation: "POST /welcome",
      code: "unavailable",
      survived: true,
      count: 3,
      errorType: "ECONNREFUSED",
      spanId: "00000000000000b1",
    }),
    node(
      "payment",
      {
        operation: "POST /charge",
        code: "internal",
        message: "ledger: permission denied",
        spanId: "00000000000000c1",
      },
      node("ledger", {
        operation: "rpc Ledger/Post",
        code: "permission-denied",
        errorType: "Denied",
        message: "account is frozen",
        frames: ["post (ledger/post.ts:41:11)", "handle (ledger/server.ts:88:5)"],
        spanId: "00000000000000d1",
      }),
    ),
    node("stock", {
      operation: "GET /items/:id",
      code: "ok",
      pending: true,
      pendingMs: 1_200,
      peer: "postgresql",
    }),
  ),
};
const MS: Readonly<Record<string, string>> = { a: "412 ms", b: "3 ms", c: "188 ms", d: "96 ms" };

/** A page as a browser on the same machine gets it. */
interface Shown {
  readonly page: Page;
  /** What the browser complained about: of the page's script, of its policy, of things it did not get. */
  readonly complaints: readonly string[];
  /** Every address that was asked for, besides the page's own. */
  readonly asked: readonly string[];
}

describe.skipIf(CHROMIUM === undefined)(`the page in Chromium${WHY}`, () => {
  let browser: Browser;
  let server: Server;
  let html = "";
  const served: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM as string });
    server = createServer((request, response) => {
      served.push(request.url ?? "");
      response.setHeader("content-type", "text/html").end(html);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  async function show(text: string, options: Parameters<Browser["newPage"]>[0] = {}): Promise<Shown> {
    html = text;
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    const asked: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => {
      complaints.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    page.on("request", (request) => {
      if (request.url() !== address && request.url() !== "data:,") asked.push(request.url());
    });
    await page.goto(address);
    return { page, complaints, asked };
  }

  const EXAMPLE = pageOf([{ tree: TREE, timeOf: ({ spanId }) => MS[spanId?.at(-2) ?? ""] }]);
  const focused = (page: Page): Promise<string> =>
    page.evaluate("document.activeElement?.querySelector('text.who')?.textContent ?? ''");

  test.each(["light", "dark"] as const)(
    "is drawn in %s, without a complaint and without a further request",
    async (colorScheme) => {
      served.length = 0;
      const { page, complaints, asked } = await show(EXAMPLE, {
        colorScheme,
        viewport: { width: 1200, height: 520 },
      });
      const cards = await page.locator(".node rect.card").all();
      expect(cards).toHaveLength(5);
      for (const card of cards) expect((await card.boundingBox())?.height).toBeGreaterThan(20);
      expect(await page.locator(".detail:visible").count()).toBe(1);
      const paper = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      expect(paper).toBe(colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(13, 17, 23)");
      if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `page-${colorScheme}.png`) });
      expect(complaints).toEqual([]);
      expect(asked).toEqual([]);
      expect(served).toEqual(["/"]);
      await page.close();
    },
  );

  test("begins at the root cause, and keys move through the nodes", async () => {
    const { page, complaints } = await show(EXAMPLE);
    expect(await focused(page)).toBe("ledger rpc Ledger/Post");
    const steps: readonly (readonly [key: string, who: string])[] = [
      ["ArrowLeft", "payment POST /charge"],
      ["ArrowUp", "mail POST /welcome"],
      ["Home", "shop POST /orders"],
      ["ArrowUp", "shop POST /orders"],
      ["ArrowLeft", "shop POST /orders"],
      ["ArrowRight", "mail POST /welcome"],
      ["ArrowRight", "mail POST /welcome"],
      ["End", "stock GET /items/:id -> postgresql"],
      ["ArrowDown", "stock GET /items/:id -> postgresql"],
      ["c", "ledger rpc Ledger/Post"],
    ];
    for (const [key, who] of steps) {
      await page.keyboard.press(key);
      expect([key, await focused(page)]).toEqual([key, who]);
    }
    expect(await page.locator(".detail:visible").innerText()).toContain("at post (ledger/post.ts:41:11)");
    await page.locator(".node").nth(1).click();
    expect(await page.locator(".detail:visible").innerText()).toContain("ECONNREFUSED");
    expect(await page.locator("[role=treeitem][tabindex='0']").count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("shows all details where scripts are switched off", async () => {
    const { page } = await show(EXAMPLE, { javaScriptEnabled: false });
    expect(await page.locator(".detail:visible").count()).toBe(5);
    await page.close();
  });

  test("runs, loads and shows as markup nothing of what is in names", async () => {
    for (const tree of fc.sample(hostileTrees(), 12)) {
      const { page, complaints, asked } = await show(pageOf([{ tree, note: tree.traceId }]));
      expect(await page.locator(".detail").count()).toBe(countNodes(tree.root));
      expect(await page.locator("script, img, iframe, object, a").count()).toBe(1);
      const dd = await page.locator(".detail").first().locator("dd").allTextContents();
      expect(dd.length).toBeGreaterThan(0);
      expect([complaints, asked]).toEqual([[], []]);
      await page.close();
    }
  });

  test("opens a drawing by itself as an image, well-formed whatever is in names", async () => {
    const folder = mkdtempSync(join(tmpdir(), "svg-"));
    try {
      for (const tree of [TREE, ...fc.sample(hostileTrees(), 6)]) {
        const file = join(folder, "tree.svg");
        writeFileSync(file, drawTree(tree).svg);
        const page = await browser.newPage();
        await page.goto(`file://${file}`);
        expect(await page.locator("parsererror").count()).toBe(0);
        expect(await page.locator("g.node").count()).toBe(countNodes(tree.root));
        await page.close();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
