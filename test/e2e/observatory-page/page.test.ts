// The observatory's page in a real Chromium, with a server whose answers each test gives.
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FixtureServer } from "./fixture-server.ts";
import { launch, type OpenPage, openPage } from "./open-page.ts";
import {
  edge,
  HOSTILE_NAMES,
  hostilePicture,
  largePicture,
  NO_DOUBTS,
  NOW,
  pictureOf,
  shopPicture,
  smallPicture,
} from "./pictures.ts";
import { FAILURES, failure, renderedTree, traceId } from "./trees.ts";

let browser: Browser;
let server: FixtureServer;
let address: string;
const open: OpenPage[] = [];

beforeAll(async () => {
  browser = await launch();
});
afterEach(async () => {
  for (const { page, complaints, foreign } of open.splice(0)) {
    await page.close();
    expect([complaints, foreign]).toEqual([[], []]);
  }
  await server.close();
});
afterAll(() => browser.close());

async function show(
  picture: ConstructorParameters<typeof FixtureServer>[0],
  {
    failures = FAILURES,
    hash = "",
    ...options
  }: Parameters<Browser["newPage"]>[0] & { failures?: typeof FAILURES; hash?: string } = {},
): Promise<OpenPage> {
  server = new FixtureServer(picture, failures);
  address = await server.listen();
  const opened = await openPage(browser, `${address}${hash}`, options);
  open.push(opened);
  await opened.page.waitForSelector(hash.includes("view=table") ? "tbody tr" : ".node");
  return opened;
}

const WAIT = { timeout: 20_000 };
const count = (page: Page, selector: string, wanted: number): Promise<void> =>
  expect.poll(() => page.locator(selector).count(), WAIT).toBe(wanted);
const middle = async (page: Page, selector: string): Promise<string> => {
  const { x, y, width, height } = (await page.locator(selector).boundingBox()) ?? {
    x: 0,
    y: 0,
    width: 0,
    height: 0,
  };
  return `${Math.round(x + width / 2)} ${Math.round(y + height / 2)}`;
};
const texts = (page: Page, selector: string): Promise<string[]> => page.locator(selector).allTextContents();
const edgeClass = (page: Page, title: string): Promise<string | null> =>
  page.locator(".graph .edge", { has: page.locator(`title:text("${title}")`) }).getAttribute("class");
const focused = (page: Page): Promise<string | null> =>
  page.evaluate("document.activeElement?.getAttribute('data-node') ?? document.activeElement?.textContent");

describe("the graph", () => {
  test("has a node for each service and an edge for each connection, with rate and p95", async () => {
    const { page } = await show(smallPicture());
    expect((await texts(page, ".node-name")).sort()).toEqual(["bank", "checkout", "payment", "user"]);
    expect(await texts(page, ".graph .measure")).toEqual(["12/s 45 ms", "12/s 820 ms", "10.9/s 90 ms"]);
    expect(await edgeClass(page, "checkout calls payment: failing")).toContain("fail");
    expect(await page.locator(".lost-mark").count()).toBe(1);
    const xs = await Promise.all(
      ["user", "checkout", "payment", "bank"].map(
        async (name) => (await page.locator(`[data-node="${name}"]`).boundingBox())?.x ?? 0,
      ),
    );
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
    const dashes = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.graph .edge .line')].map((line) => getComputedStyle(line).strokeDasharray)",
    );
    expect(new Set(dashes).size).toBe(2);
  });

  test("stays as it is laid out while only its numbers change, and turns from ok to failing", async () => {
    const { page } = await show(smallPicture("ok"));
    expect(await edgeClass(page, "checkout calls payment: ok")).toContain("ok");
    await page.locator(".stack").waitFor();
    const before = await middle(page, '[data-node="payment"]');
    server.show({ ...smallPicture("fail"), at: NOW + 5_000 });
    await page.waitForSelector(".node.fail");
    expect(await edgeClass(page, "checkout calls payment: failing")).toContain("fail");
    expect(await texts(page, ".side .row-name")).toEqual([
      "checkout → payment",
      "payment → bank",
      "user → checkout",
    ]);
    expect(await middle(page, '[data-node="payment"]')).toBe(before);
    expect(await page.locator('[role="status"][aria-live]').last().textContent()).toContain(
      "checkout → payment is failing.",
    );
  });

  test("an edge without requests stays for a while, without data", async () => {
    const whole = smallPicture("ok");
    const { page } = await show(whole);
    server.show({ ...whole, at: NOW + 5_000, edges: whole.edges.slice(0, 2) });
    await page.waitForSelector(".graph .edge.unobserved");
    expect(await page.locator(".node").count()).toBe(4);
  });

  test("opens above 60 nodes on what is unhealthy or heavy, and the whole is a choice", async () => {
    const { page } = await show(largePicture(300));
    expect(await page.locator(".folding").textContent()).toMatch(/271 more nodes, \d+ more edges/);
    expect(await page.locator(".node").count()).toBe(29);
    expect(await page.locator(".node.fail").count()).toBeGreaterThan(3);
    await page.keyboard.press("a");
    await count(page, ".node", 300);
    await page.keyboard.press("a");
    await count(page, ".node", 29);
    await page.locator(".folded").first().click();
    await expect.poll(() => page.locator(".node").count(), WAIT).toBeGreaterThan(29);
  });

  test("the table holds all of it, folded or not", async () => {
    const picture = largePicture(300);
    const { page } = await show(picture, { hash: "#view=table" });
    const [edges, nodes] = [page.locator("table").first(), page.locator("table").last()];
    expect(await edges.locator("tbody tr").count()).toBe(picture.edges.length);
    expect(await nodes.locator("tbody tr").count()).toBe(picture.nodes.length);
    await edges.getByRole("button", { name: "requests" }).click();
    expect(await edges.locator("th[aria-sort=descending]").textContent()).toContain("requests");
    const counts = (await edges.locator("tbody tr td:nth-child(6)").allTextContents()).map((text) =>
      Number(text.replace(/\D/g, "")),
    );
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  });

  test("marks what is inferred and which clocks differ", async () => {
    const { page } = await show(shopPicture());
    expect(await page.locator(".edge.inferred").count()).toBe(1);
    await page.goto(`${address}#view=table`);
    const text = await page.locator("table").first().innerText();
    expect(text).toContain("direction inferred");
    expect(text).toContain("clock of inventory 3.2 s ahead");
  });
});

describe("by keyboard alone", () => {
  test("a node is found, chosen, asked about, and let go of", async () => {
    const { page } = await show(shopPicture());
    await page.keyboard.press("g");
    await page.keyboard.press("ArrowRight");
    const first = await focused(page);
    expect(["user", "edge-gateway"]).not.toContain(first);
    for (let i = 0; i < 9; i++) await page.keyboard.press("ArrowLeft");
    expect(await focused(page)).toBe("user");
    await page.keyboard.press("/");
    await page.keyboard.type("inventory");
    await count(page, ".node", 4);
    await page.keyboard.press("Escape");
    await page.keyboard.press("w");
    await page.keyboard.press("Enter");
    expect(await page.locator(".panel.chosen h2").textContent()).toContain("inventory → inventory-db");
    await page.keyboard.press("Escape");
    expect(await page.locator(".panel.chosen").count()).toBe(0);
    await page.keyboard.press("s");
    expect(await page.locator(".answer").innerText()).toContain("inventory → inventory-db");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("Enter");
    expect(await page.locator(".node.chosen").count()).toBe(1);
    await page.keyboard.press("b");
    expect(await page.locator(".answer h2").textContent()).toBe("Blast radius");
    await page.keyboard.press("d");
    expect(await page.locator(".answer h2").textContent()).toBe("Who depends on whom");
    expect(page.url()).toContain("ask=depends");
    expect(await page.locator(".edge.dim").count()).toBeGreaterThan(0);
  });

  test("table, unit, unhealthy only, pause, time, comparison, keys and dialogs", async () => {
    const { page } = await show(shopPicture());
    await page.keyboard.press("t");
    await page.waitForSelector("tbody tr");
    await page.keyboard.press("t");
    await page.keyboard.press("i");
    await page.waitForSelector('.rate:text("/min")');
    await page.keyboard.press("u");
    await count(page, ".node", 5);
    await page.keyboard.press("Escape");
    await page.keyboard.press("p");
    server.show({ ...smallPicture(), at: NOW + 5_000 });
    await page.getByRole("button", { name: "Paused, 1 newer" }).waitFor();
    expect(await page.locator(".node").count()).toBe(31);
    await page.keyboard.press("p");
    await page.keyboard.press("h");
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("button", { name: "Back to live" }).waitFor();
    expect(page.url()).toMatch(/from=\d+&to=\d+/);
    await page.keyboard.press("l");
    expect(page.url()).not.toContain("from=");
    await page.keyboard.press("c");
    await page.locator('[aria-label="Changes"]').waitFor();
    await page.keyboard.press("c");
    await page.keyboard.press("?");
    expect(await page.locator("dialog dt").count()).toBeGreaterThan(15);
    await page.keyboard.press("Escape");
    await count(page, "dialog", 0);
  });

  test("keys of one letter can be switched off", async () => {
    const { page } = await show(smallPicture());
    await page.keyboard.press("?");
    await page.getByRole("checkbox").press("Space");
    await page.keyboard.press("Escape");
    await page.keyboard.press("t");
    expect(await page.locator("table").count()).toBe(0);
  });
});

describe("failing requests", () => {
  test("one is on the page as a stack trace within two seconds, with root cause, drift and link", async () => {
    const { page } = await show(smallPicture(), { failures: [] });
    expect(await page.locator(".dock").innerText()).toContain("No failing request has come in.");
    const sent = Date.now();
    server.send("failure", failure(7, { service: "shop", operation: "POST /late" }));
    await page.locator(".stack", { hasText: "root cause" }).waitFor();
    expect(Date.now() - sent).toBeLessThan(2_000);
    expect(await page.locator(".failures").innerText()).toContain("shop POST /late");
    expect(await page.locator(".stack").textContent()).toBe(`${renderedTree(traceId(7)).text}\n`);
    expect(await page.locator(".failure-facts").innerText()).toContain("permission-denied -> internal");
    expect(await page.getByRole("link", { name: "Jaeger" }).getAttribute("href")).toBe(
      `http://localhost:16686/trace/${traceId(7)}`,
    );
  });

  test("those of one kind are one row; a further one of it does not replace the trace that is read", async () => {
    const { page } = await show(smallPicture());
    expect(await page.locator(".failures .row").count()).toBe(2);
    await page.locator(".stack").waitFor();
    const before = await page.locator(".failure-facts .mono").textContent();
    server.send("failure", failure(0, { time: NOW }));
    await page.locator(".failures", { hasText: "×17" }).waitFor();
    expect(await page.locator(".failure-facts .mono").textContent()).toBe(before);
    await page.locator(".failures .row").last().click();
    await page.locator(".failure-facts", { hasText: "inventory-db" }).waitFor();
    expect(page.url()).toContain(`trace=${traceId(2)}`);
  });

  test("the drawing is an image that runs nothing and loads nothing", async () => {
    const { page } = await show(smallPicture());
    server.treeOf = (id) => ({
      ...renderedTree(id),
      svg: `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script><image href="http://192.0.2.1/x"/></svg>`,
    });
    await page.locator(".failures .row").last().click();
    await page.getByRole("button", { name: "Drawing" }).click();
    await expect
      .poll(() => page.evaluate("document.querySelector('.drawing img')?.naturalWidth"), WAIT)
      .toBe(9);
  });

  test("a header value or the id of a trace can be pasted; what cannot be read says why", async () => {
    const { page, complaints } = await show(smallPicture());
    await page.keyboard.press("v");
    await page.keyboard.type("nonsense");
    await page.keyboard.press("Enter");
    await page.locator("dialog .problem", { hasText: "This is no tree: nonsense" }).waitFor();
    // The browser itself writes each answer of that kind to the console.
    expect(complaints.splice(0).every((text) => text.includes("422"))).toBe(true);
    await page.locator("textarea").fill(":AbC=:");
    await page.keyboard.press("Enter");
    await page.locator(".stack", { hasText: "GET /pasted" }).waitFor();
    await count(page, "dialog", 0);
    // It is on this page alone: whoever gets the address does not see it.
    await page.keyboard.press("i");
    expect(page.url()).toMatch(/#unit=min$/);
    await page.getByRole("button", { name: "Back to the newest" }).click();
    await page.locator(".stack", { hasText: "POST /orders" }).waitFor();
  });
});

describe("time", () => {
  test("a span of the past is shown by its address, and the failures of it", async () => {
    const { page } = await show(smallPicture(), { hash: `#from=${NOW - 600_000}&to=${NOW - 540_000}` });
    expect(server.asked).toContain("/api/picture");
    expect(await page.locator(".failures").innerText()).toContain("None within this time.");
    await page.getByRole("button", { name: "Back to live" }).click();
    expect(await page.locator(".failures .row").count()).toBe(2);
  });

  test("two spans are compared: what appeared, vanished, slowed, and fails more", async () => {
    const now = smallPicture("fail");
    const { page } = await show(now);
    server.past = (from, to) => ({
      ...pictureOf([...smallPicture("ok").edges.slice(0, 2), edge("payment", "old-bank")]),
      from,
      to,
    });
    await page.keyboard.press("c");
    await page.locator(".change").first().waitFor();
    expect(await texts(page, ".change")).toEqual([
      "fails more",
      "fails more",
      "slower",
      "vanished",
      "appeared",
    ]);
    expect(await page.locator('[aria-label="Changes"]').innerText()).toMatch(/p95 110 ms → 820 ms, 7.45×/);
  });
});

describe("doubts", () => {
  test("silent services, dropped edges, unreadable records, lost events and notes are said", async () => {
    const { page } = await show(smallPicture());
    expect(await page.locator(".doubts").count()).toBe(0);
    server.send("doubts", {
      silent: ["bank"],
      droppedEdges: 2,
      unreadable: { count: 3, first: "line 7" },
      outOfTime: 1,
      notes: ["Kafka does not answer since 12:03:04."],
    });
    await page.locator(".doubts").waitFor();
    expect(await texts(page, ".doubts li")).toEqual([
      "Silent, though they sent something before: bank.",
      '2 edges had no room and are in "other".',
      "3 records could not be read, the first: line 7",
      "1 event came too late or from the future, and counts nowhere.",
      "Kafka does not answer since 12:03:04.",
    ]);
    expect(await page.locator(".node.silent").count()).toBe(1);
    server.send("doubts", NO_DOUBTS);
    await page.locator(".doubts").waitFor({ state: "detached" });
  });

  test("a server that is gone is said, what was there stays with its age, and it goes on by itself", async () => {
    const opened = await show(smallPicture());
    const { page, complaints } = opened;
    await server.close();
    await page.locator(".connection.lost").waitFor();
    expect(await page.locator(".connection").innerText()).toMatch(
      /no connection since \d+ s; what is shown is \d+ s old/,
    );
    expect(await page.locator(".node").count()).toBe(4);
    await server.again(address);
    await page.locator(".connection.open").waitFor();
    // The browser itself writes each refused connection to the console.
    expect(complaints.splice(0).every((text) => /ERR_|Failed to load/.test(text))).toBe(true);
  });

  test("a token is asked for, and used", async () => {
    server = new FixtureServer(smallPicture(), FAILURES);
    server.token = "s3cret";
    address = await server.listen();
    const opened = await openPage(browser, address);
    open.push(opened);
    await opened.page.getByLabel(/The token/).fill("s3cret");
    await opened.page.keyboard.press("Enter");
    await opened.page.waitForSelector(".node");
    await opened.page.waitForSelector(".stack");
    expect(opened.complaints.splice(0).every((text) => text.includes("401"))).toBe(true);
  });
});

describe("texts of strangers", () => {
  test("are text, never markup, wherever they stand", async () => {
    const [name = ""] = HOSTILE_NAMES;
    const { page } = await show(hostilePicture(), {
      failures: [
        failure(1, {
          service: name,
          operation: name,
          cause: name,
          code: name,
          drift: name,
          jaegerUrl: "javascript:alert(9)",
        }),
      ],
    });
    await page.locator(".stack").waitFor();
    expect(await page.locator("img, script:not([src='page.js']), iframe, b:has-text('95%')").count()).toBe(0);
    expect(await page.locator("a[href^='javascript']").count()).toBe(0);
    expect(await page.locator(".node").count()).toBe(HOSTILE_NAMES.length);
    expect(await page.locator("body").innerText()).not.toMatch(/[^\P{C}\n\t]/u);
    await page.locator(".side .row").first().click();
    expect(await page.locator(".panel.chosen").innerText()).toContain("<script>alert(2)</script>");
    await page.keyboard.press("t");
    await page.waitForSelector("tbody tr");
    expect(await page.locator("table").first().innerText()).toContain(name);
    expect(await page.locator("table img").count()).toBe(0);
    await page.goto(
      `${address}#node=${encodeURIComponent("<img src=x onerror=alert(5)>")}&q=${encodeURIComponent("<svg onload=alert(6)>")}`,
    );
    await page.locator(".empty-stage").waitFor();
  });
});

describe("axe finds nothing", () => {
  const states: readonly (readonly [name: string, hash: string, key?: string])[] = [
    ["graph", ""],
    ["node and answer", "#node=inventory&ask=blast"],
    ["edge", "#client=inventory&server=inventory-db&connection=database"],
    ["table", "#view=table"],
    ["comparison", `#before=${NOW - 600_000}`],
    ["keys", "", "?"],
    ["paste", "", "v"],
  ];
  for (const colorScheme of ["light", "dark"] as const) {
    test.each(states)(`%s, ${colorScheme}`, async (_, hash = "", key) => {
      const { page } = await show(shopPicture(), { hash, colorScheme });
      await page.locator(".stack").waitFor();
      if (key !== undefined) {
        await page.keyboard.press(key);
        await page.locator("dialog").waitFor();
      }
      // By the debugger, which no policy of the page holds back.
      await page.evaluate(axe.source);
      const found = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: {
            run(): Promise<{
              violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
            }>;
          };
        };
        return (await axe.run()).violations.map(({ id, nodes }) => [
          id,
          nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`),
        ]);
      });
      expect(found).toEqual([]);
    });
  }
});
