// The page with the real observatory and three real services, which export their metrics and their failures to it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { launch, openPage } from "./open-page.ts";

const BIN = new URL("../../../dist/cli/bin.js", import.meta.url);
const REGISTER = new URL("../../../dist/register.js", import.meta.url);
const SERVICE = new URL("./programs/service.mjs", import.meta.url);
const OBJECTIVES = "window: 10s\nleast: 5\nobjectives:\n  payment -> bank: 95% within 100ms\n";
const WAIT = { timeout: 40_000 };

describe("the page of the real observatory", () => {
  const undo = new Undo();
  let browser: Browser;
  let observatory: string;
  let shop: string;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "observatory-"));
    await undo.add(() => rmSync(folder, { recursive: true }));
    const slo = join(folder, "quality.yaml");
    writeFileSync(slo, OBJECTIVES);
    const server = new NodeProcess(BIN, {
      name: "the observatory",
      args: ["observatory", "--port", "0", "--window", "1", "--slo", slo, "--color", "never"],
      channel: false,
      undo,
    });
    const [, url = ""] = await server.prints(/The observatory is at (http:\S+\/)/);
    observatory = url;
    const bank = await startService("bank", {});
    const payment = await startService("payment", { NEXT: bank });
    shop = await startService("shop", { NEXT: payment });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await undo.all();
  });

  async function startService(name: string, env: Record<string, string>): Promise<string> {
    const service = new NodeProcess(SERVICE, {
      name,
      imports: [REGISTER],
      channel: false,
      undo,
      env: {
        ...env,
        OTEL_SERVICE_NAME: name,
        OTEL_ERROR_TREE_TRUST: "loopback",
        OTEL_EXPORTER_OTLP_ENDPOINT: observatory.replace(/\/$/, ""),
        OTEL_TRACES_SAMPLER: "always_off",
        OTEL_METRICS_EXPORTER: "otlp",
        OTEL_METRIC_EXPORT_INTERVAL: "1000",
        OTEL_METRIC_EXPORT_TIMEOUT: "900",
        OTEL_LOGS_EXPORTER: "none",
        OTEL_LOG_LEVEL: "none",
      },
    });
    const [, url = ""] = await service.prints(/listens at (\S+)/);
    return url;
  }

  const send = async (query: string): Promise<number> => (await fetch(`${shop}/order?${query}`)).status;
  const edgeClass = (page: Page): Promise<string | null> =>
    page
      .locator(".graph .edge", { has: page.locator('title:text("payment calls bank")') })
      .getAttribute("class");

  test("draws what the services count, tells when one is slow, and shows a failing request within two seconds", async () => {
    const { page, complaints, foreign } = await openPage(browser, observatory);
    let query = "well";
    let isOver = false;
    const load = (async () => {
      while (!isOver) await send(query);
    })();
    try {
      await expect.poll(() => page.locator(".node").count(), WAIT).toBe(4);
      await expect.poll(() => edgeClass(page), WAIT).toContain("edge ok");
      query = "slow";
      await expect.poll(() => edgeClass(page), WAIT).toContain("edge fail");
      await page.keyboard.press("w");
      await page.keyboard.press("Enter");
      await page.locator(".panel.chosen", { hasText: "95% within 100ms" }).waitFor();
      query = "well";
      await expect.poll(() => edgeClass(page), WAIT).toContain("edge ok");
    } finally {
      isOver = true;
      await load;
    }
    const sent = Date.now();
    expect(await send("fail")).toBe(500);
    // Each service exports its own spans: the first ones that come are not the whole trace.
    const stack = page.locator(".stack", { hasText: "root cause" });
    const whole = /shop.*\n[\s\S]*payment.*\n[\s\S]*bank/;
    await expect
      .poll(() => stack.allInnerTexts(), { ...WAIT, interval: 20 })
      .toEqual([expect.stringMatching(whole)]);
    const took = Date.now() - sent;
    expect(await page.locator(".failures").innerText()).toContain("shop");
    // What `render` prints of a pasted trace id is the same.
    const text = await page.locator(".stack").textContent();
    const traceId = await page.locator(".failure-facts .mono").innerText();
    await page.keyboard.press("v");
    await page.keyboard.type(traceId);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Back to the newest" }).waitFor();
    expect(await page.locator(".stack").textContent()).toBe(text);
    await page.keyboard.press("t");
    await page.waitForSelector("tbody tr");
    expect(await page.locator("table").first().innerText()).toContain("95% within 100ms");
    expect([complaints, foreign]).toEqual([[], []]);
    expect(took).toBeLessThan(2_000);
  });

  test("asks for the token that the real server wants, and draws with it", async () => {
    const server = new NodeProcess(BIN, {
      name: "the observatory with a token",
      args: ["observatory", "--port", "0", "--token", "a-token-of-20-letters", "--color", "never"],
      channel: false,
      undo,
    });
    const [, url = ""] = await server.prints(/The observatory is at (http:\S+\/)/);
    const event = (node: string): string => JSON.stringify({ node, token: "1", time: Date.now() });
    const headers = {
      authorization: "Bearer a-token-of-20-letters",
      "content-type": "application/x-ndjson",
    };
    const body = `${event("first")}\n${event("second")}\n`;
    expect((await fetch(`${url}v1/events`, { method: "POST", headers, body })).status).toBe(200);
    const { page, complaints, foreign } = await openPage(browser, url);
    await page.getByLabel(/The token/).fill("a-token-of-20-letters");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator(".node-name").allTextContents(), WAIT).toEqual(["first", "second"]);
    expect(await page.locator(".edge.inferred").count()).toBe(1);
    // The browser itself writes each answer of that kind to the console.
    expect([complaints.filter((text) => !text.includes("401")), foreign]).toEqual([[], []]);
  });
});
